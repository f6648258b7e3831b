"""What is kept from training."""

from pathlib import Path

from export.music.corpus import held_out
from export.music.splits import splits


def test_songs_are_split_by_name_scores_by_composer_and_others_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "open" / "pop_annotations").mkdir(parents=True)
    (tmp_path / "open" / "pop").mkdir()
    (tmp_path / "manifest_music.csv").write_text(
        "dataset,file,composer\nlieder,open/lieder/a.mid,Schumann\nx,open/pop/1.mid,\n"
    )
    kept = next(str(number) for number in range(999) if held_out(str(number)))
    told = next(str(number) for number in range(999) if not held_out(str(number)))
    paths = [tmp_path / "open" / "pop" / f"{name}.mid" for name in (kept, told)]
    assert splits(paths) == ["held-out", "training"]
    lied = tmp_path / "open" / "lieder" / "a.mid"
    assert splits([lied, lied.with_name("b.mid")]) == ["held-out" if held_out("Schumann") else "training", "unknown"]


def test_about_one_piece_in_sixteen_is_kept(data_dir: Path) -> None:
    for corpus in ("music_pop909", "music_openscore_lieder"):
        found = splits(sorted((data_dir / "open" / corpus).glob("*.mid")))
        assert "unknown" not in found
        assert 0.03 < found.count("held-out") / len(found) < 0.12
