from __future__ import annotations

from device.acquisition.hrs_packets import decode
from hardware.emulators.gatt import Event, Notified
from hardware.emulators.wristband import HeartRateBand, encode_measurement


def worn_band(rr_ms: tuple[float, ...] = (800.0,)) -> tuple[HeartRateBand, list[bytes]]:
    band, sent = HeartRateBand(lambda _until_s: rr_ms), []

    def hear(event: Event) -> None:
        if isinstance(event, Notified):
            sent.append(event.value)

    band.on_event, band.connected = hear, True
    return band, sent


def test_it_sends_rate_contact_and_intervals() -> None:
    band, sent = worn_band((800.0, 850.0))
    band.measure(2.0)
    measurement = decode(sent[-1])
    assert measurement.hr_bpm == 73
    assert measurement.contact is True
    assert [round(interval) for interval in measurement.rr_ms] == [800, 850]


def test_a_frame_fits_the_smallest_mtu_however_fast_the_heart() -> None:
    band, sent = worn_band((300.0,) * 30)
    band.measure(9.0)
    assert len(sent[-1]) <= 20


def test_faults_change_what_is_sent() -> None:
    band, sent = worn_band()
    band.sends_rr = False
    band.measure(1.0)
    assert decode(sent[-1]).rr_ms == ()
    band.contact = False
    band.measure(2.0)
    assert decode(sent[-1])[:2] == (0, False)
    band.contact, band.confused = True, True
    band.measure(3.0)
    assert decode(sent[-1])[:2] == (0, True)
    band.silent = True
    band.measure(4.0)
    assert len(sent) == 3


def test_nobody_connected_nothing_sent() -> None:
    band, sent = worn_band()
    band.drop()
    band.measure(1.0)
    assert sent == []


def test_a_slow_second_repeats_the_rate_without_an_interval() -> None:
    band, sent = worn_band()
    band.measure(1.0)
    band._feed = lambda _until_s: ()
    band.measure(2.0)
    assert decode(sent[-1])[0] == 75
    assert decode(sent[-1]).rr_ms == ()


def test_a_rate_above_one_byte_widens_the_field() -> None:
    assert decode(encode_measurement(256)).hr_bpm == 256
