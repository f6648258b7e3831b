"""The words of a report in the four languages of the box; what was recorded stands as it was recorded."""

from __future__ import annotations

from device.messages import Language
from device.voice.sentences import Sentences

S = Sentences
WORDS: dict[str, Sentences] = {
    "title": S("Session report", "Sitzungsbericht", "Compte rendu de séance", "Informe de la sesión"),
    "titles": S("Report on sessions", "Bericht über Sitzungen", "Compte rendu de séances", "Informe de sesiones"),
    "no_claim": S(
        "A research and wellness aid, not a medical device. This report describes; it neither diagnoses nor claims "
        "an effect.",
        "Ein Hilfsmittel für Forschung und Wohlbefinden, kein Medizinprodukt. Dieser Bericht beschreibt; er stellt "
        "keine Diagnose und behauptet keine Wirkung.",
        "Une aide à la recherche et au bien-être, non un dispositif médical. Ce compte rendu décrit ; il ne pose "
        "aucun diagnostic et n'affirme aucun effet.",
        "Una ayuda para la investigación y el bienestar, no un producto sanitario. Este informe describe; no "
        "diagnostica ni afirma ningún efecto.",
    ),
    "listener": S("Listener", "Zuhörer/in", "Auditeur/trice", "Oyente"),
    "began": S("Began", "Beginn", "Début", "Comienzo"),
    "by_box_clock": S(
        "by the box's clock, UTC",
        "nach der Uhr des Geräts, UTC",
        "selon l'horloge de l'appareil, UTC",
        "según el reloj del aparato, UTC",
    ),
    "not_told": S("not told", "nicht angegeben", "non indiqué", "no indicado"),
    "led_by": S("Led by", "Begleitet von", "Accompagné par", "Acompañado por"),
    "clinic": S("Clinic", "Einrichtung", "Établissement", "Centro"),
    "in_short": S("In short", "In Kürze", "En bref", "En resumen"),
    "whole": S("to its end", "bis zum Ende", "jusqu'à la fin", "hasta el final"),
    "stopped": S(
        "until somebody stopped it",
        "bis jemand sie beendete",
        "jusqu'à ce que quelqu'un l'arrête",
        "hasta que alguien la detuvo",
    ),
    "cut off": S(
        "until its record breaks off",
        "bis die Aufzeichnung abbricht",
        "jusqu'à la coupure de l'enregistrement",
        "hasta que se corta el registro",
    ),
    "by a fault": S(
        "until a fault ended it",
        "bis eine Störung sie beendete",
        "jusqu'à ce qu'une panne y mette fin",
        "hasta que un fallo la terminó",
    ),
    "lasted": S(
        "The session lasted {minutes} minutes, {ended} ({planned} were planned).",
        "Die Sitzung dauerte {minutes} Minuten, {ended} (geplant waren {planned}).",
        "La séance a duré {minutes} minutes, {ended} ({planned} étaient prévues).",
        "La sesión duró {minutes} minutos, {ended} (estaban previstos {planned}).",
    ),
    "heard_music": S(
        "Music was composed for the listener while they listened: {bars} bars, from {first} to {last} beats a "
        "minute.",
        "Für den Zuhörer wurde während des Hörens Musik komponiert: {bars} Takte, von {first} bis {last} Schlägen in "
        "der Minute.",
        "Une musique a été composée pendant l'écoute : {bars} mesures, de {first} à {last} battements par minute.",
        "Se compuso música durante la escucha: {bars} compases, de {first} a {last} pulsaciones por minuto.",
    ),
    "no_music": S(
        "No music was played.",
        "Es wurde keine Musik gespielt.",
        "Aucune musique n'a été jouée.",
        "No sonó ninguna música.",
    ),
    "said": S(
        "The listener said how they felt {n} times: first {before}, last {after} (from −1 calm to 1 tense).",
        "Die zuhörende Person sagte {n}-mal, wie sie sich fühlt: zuerst {before}, zuletzt {after} (von −1 ruhig bis "
        "1 angespannt).",
        "L'auditeur a dit {n} fois comment il se sentait : d'abord {before}, enfin {after} (de −1 calme à 1 tendu).",
        "El oyente dijo {n} veces cómo se sentía: primero {before}, al final {after} (de −1 tranquilo a 1 tenso).",
    ),
    "said_once": S(
        "The listener said once how they felt: {before} (from −1 calm to 1 tense).",
        "Die zuhörende Person sagte einmal, wie sie sich fühlt: {before} (von −1 ruhig bis 1 angespannt).",
        "L'auditeur a dit une fois comment il se sentait : {before} (de −1 calme à 1 tendu).",
        "El oyente dijo una vez cómo se sentía: {before} (de −1 tranquilo a 1 tenso).",
    ),
    "said_nothing": S(
        "The listener did not say how they felt.",
        "Die zuhörende Person sagte nicht, wie sie sich fühlt.",
        "L'auditeur n'a pas dit comment il se sentait.",
        "El oyente no dijo cómo se sentía.",
    ),
    "wished": S(
        "Wishes were made {n} times, by {who}.",
        "{n}-mal wurde etwas gewünscht, von {who}.",
        "Il y a eu {n} souhaits, de {who}.",
        "Hubo {n} deseos, de {who}.",
    ),
    "wished_nothing": S(
        "Nobody wished for anything else while it played.",
        "Niemand wünschte währenddessen etwas anderes.",
        "Personne n'a rien demandé d'autre pendant l'écoute.",
        "Nadie pidió nada distinto mientras sonaba.",
    ),
    "at_the_ear": S(
        "At the ear it was about {mean} dB(A) on average, an estimate.",
        "Am Ohr waren es im Mittel etwa {mean} dB(A), geschätzt.",
        "À l'oreille, environ {mean} dB(A) en moyenne, une estimation.",
        "En el oído, unos {mean} dB(A) de media, una estimación.",
    ),
    "dose_added": S(
        " The session added {added} % to what the ears may have in a week, of which {dose} % were used at its end.",
        " Die Sitzung fügte {added} % der Wochendosis hinzu, von der am Ende {dose} % verbraucht waren.",
        " La séance a ajouté {added} % à la dose d'une semaine, utilisée à {dose} % à la fin.",
        " La sesión añadió un {added} % a la dosis de una semana, usada en un {dose} % al final.",
    ),
    "sound_stopped": S(
        "The sound was stopped {n} times.",
        "Der Klang wurde {n}-mal beendet.",
        "Le son a été arrêté {n} fois.",
        "El sonido se detuvo {n} veces.",
    ),
    "not_whole": S(
        "The record of this session is not whole; what is missing is listed on the next page.",
        "Die Aufzeichnung dieser Sitzung ist nicht vollständig; was fehlt, steht auf der nächsten Seite.",
        "L'enregistrement n'est pas complet ; ce qui manque figure à la page suivante.",
        "El registro no está completo; lo que falta figura en la página siguiente.",
    ),
    "patient": S("listener", "Zuhörer/in", "auditeur", "oyente"),
    "therapist": S("therapist", "Therapeut/in", "thérapeute", "terapeuta"),
    "course": S(
        "How it went: tension (arousal)",
        "Verlauf: Anspannung (Arousal)",
        "Déroulement : tension (activation)",
        "Desarrollo: tensión (activación)",
    ),
    "valence_course": S("Pleasantness (valence)", "Angenehm (Valenz)", "Agrément (valence)", "Agrado (valencia)"),
    "calm": S("calm", "ruhig", "calme", "tranquilo"),
    "tense": S("tense", "angespannt", "tendu", "tenso"),
    "unpleasant": S("unpleasant", "unangenehm", "désagréable", "desagradable"),
    "pleasant": S("pleasant", "angenehm", "agréable", "agradable"),
    "target": S("target", "Ziel", "cible", "objetivo"),
    "estimate": S(
        "estimate ± 1 standard deviation",
        "Schätzung ± 1 Standardabweichung",
        "estimation ± 1 écart type",
        "estimación ± 1 desviación típica",
    ),
    "told": S("told by the listener", "selbst gesagt", "dit par l'auditeur", "dicho por el oyente"),
    "unknown": S("not known", "nicht bekannt", "non connu", "no conocido"),
    "tempo": S(
        "Tempo, beats a minute",
        "Tempo, Schläge je Minute",
        "Tempo, battements par minute",
        "Tempo, pulsaciones por minuto",
    ),
    "loudness": S(
        "Loudness, dB re the box's loudest",
        "Lautstärke, dB unter der lautesten",
        "Niveau, dB sous le maximum",
        "Nivel, dB bajo el máximo",
    ),
    "time": S(
        "minutes since the music began",
        "Minuten seit Beginn der Musik",
        "minutes depuis le début de la musique",
        "minutos desde el comienzo de la música",
    ),
    "before_after": S(
        "Before and after, in the listener's own word",
        "Vorher und nachher, in eigenen Angaben",
        "Avant et après, selon l'auditeur",
        "Antes y después, según el oyente",
    ),
    "before": S("before", "vorher", "avant", "antes"),
    "after": S("after", "nachher", "après", "después"),
    "change": S("change", "Änderung", "changement", "cambio"),
    "tension": S(
        "tension, −1 calm to 1 tense",
        "Anspannung, −1 ruhig bis 1 angespannt",
        "tension, −1 calme à 1 tendu",
        "tensión, −1 tranquilo a 1 tenso",
    ),
    "agreeable": S("pleasantness, −1 to 1", "angenehm, −1 bis 1", "agrément, −1 à 1", "agrado, −1 a 1"),
    "estimate_known": S("estimate known", "Schätzung bekannt", "estimation connue", "estimación conocida"),
    "in_zone": S(
        "within the goal's zone in shift and hold",
        "in der Zielzone beim Führen und Halten",
        "dans la zone cible (conduite et maintien)",
        "en la zona objetivo (guía y mantenimiento)",
    ),
    "distance": S(
        "mean distance from the goal",
        "mittlerer Abstand vom Ziel",
        "distance moyenne à la cible",
        "distancia media al objetivo",
    ),
    "goal": S(
        "goal (valence, arousal)",
        "Ziel (Valenz, Arousal)",
        "cible (valence, activation)",
        "objetivo (valencia, activación)",
    ),
    "figures": S("Figures", "Zahlen", "Chiffres", "Cifras"),
    "guideline": S(
        "Reporting guideline for music-based interventions (Robb, Burns & Carpenter 2011)",
        "Berichtsleitlinie für musikbasierte Interventionen (Robb, Burns & Carpenter 2011)",
        "Grille de compte rendu des interventions musicales (Robb, Burns & Carpenter 2011)",
        "Guía para informar de intervenciones musicales (Robb, Burns y Carpenter 2011)",
    ),
    "theory": S("Theory", "Theorie", "Théorie", "Teoría"),
    "chosen_by": S("Who chose the music", "Wer die Musik wählte", "Choix de la musique", "Quién eligió la música"),
    "music": S("Music", "Musik", "Musique", "Música"),
    "delivery": S("Delivery", "Darbietung", "Mode de diffusion", "Forma de escucha"),
    "volume": S(
        "Who controlled the volume",
        "Wer die Lautstärke stellte",
        "Réglage du volume",
        "Quién reguló el volumen",
    ),
    "level": S("Level", "Pegel", "Niveau sonore", "Nivel sonoro"),
    "materials": S("Materials", "Material", "Matériel", "Materiales"),
    "strategies": S("Strategies", "Vorgehen", "Stratégies", "Estrategias"),
    "schedule": S("Schedule", "Zeitplan", "Calendrier", "Calendario"),
    "interventionist": S("Interventionist", "Durchführende Person", "Intervenant", "Responsable"),
    "fidelity": S("Fidelity", "Umsetzungstreue", "Fidélité", "Fidelidad"),
    "setting": S("Setting", "Umgebung", "Cadre", "Entorno"),
    "unit": S("Unit", "Einheit", "Unité", "Unidad"),
    "as_chosen": S(
        "The box, within the prescription (style: {style}, metre: {metre}).",
        "Das Gerät, im Rahmen der Verordnung (Stil: {style}, Takt: {metre}).",
        "L'appareil, dans le cadre de la prescription (style : {style}, mesure : {metre}).",
        "El aparato, dentro de la prescripción (estilo: {style}, compás: {metre}).",
    ),
    "with_melody": S(
        " A melody that the listener brought was its theme.",
        " Ihr Thema war eine mitgebrachte Melodie.",
        " Son thème était une mélodie apportée par l'auditeur.",
        " Su tema fue una melodía aportada por el oyente.",
    ),
    "as_composed": S(
        "Original, composed live bar by bar ({generators}): {bars} bars, {notes} notes, {low} to {high} beats a "
        "minute. The log and the seed reproduce it.",
        "Neu, während des Hörens Takt für Takt komponiert ({generators}): {bars} Takte, {notes} Noten, {low} bis "
        "{high} Schläge je Minute. Protokoll und Startwert geben sie wieder.",
        "Originale, composée en direct mesure par mesure ({generators}) : {bars} mesures, {notes} notes, {low} à "
        "{high} battements par minute. Le journal et la graine la reproduisent.",
        "Original, compuesta en directo compás a compás ({generators}): {bars} compases, {notes} notas, de {low} a "
        "{high} pulsaciones por minuto. El registro y la semilla la reproducen.",
    ),
    "as_delivered": S(
        "Synthesised by the box as it was composed; headphones: {headphones}.",
        "Vom Gerät im Augenblick erzeugt; Kopfhörer: {headphones}.",
        "Synthétisée par l'appareil au fur et à mesure ; casque : {headphones}.",
        "Sintetizada por el aparato al momento; auriculares: {headphones}.",
    ),
    "as_controlled": S(
        "The listener at any time, within the prescription and the week's dose of sound.",
        "Die zuhörende Person, jederzeit, im Rahmen der Verordnung und der Wochendosis.",
        "L'auditeur à tout moment, dans les limites de la prescription et de la dose hebdomadaire.",
        "El oyente en todo momento, dentro de la prescripción y de la dosis semanal.",
    ),
    "as_loud": S(
        "{mean} dB(A) on average at the ear, {loudest} at most: an estimate.",
        "{mean} dB(A) im Mittel am Ohr, höchstens {loudest}: geschätzt.",
        "{mean} dB(A) en moyenne à l'oreille, {loudest} au plus : une estimation.",
        "{mean} dB(A) de media en el oído, {loudest} como máximo: una estimación.",
    ),
    "as_planned": S(
        "This session: {minutes} minutes.",
        "Diese Sitzung: {minutes} Minuten.",
        "Cette séance : {minutes} minutes.",
        "Esta sesión: {minutes} minutos.",
    ),
    "as_recorded_by_box": S(
        "Recorded by the box: of {bars} bars {substituted} were substituted and {guarded} changed by the guard; "
        "every wish and every decision is in the log.",
        "Vom Gerät aufgezeichnet: von {bars} Takten wurden {substituted} ersetzt und {guarded} vom Wächter geändert; "
        "jeder Wunsch und jede Entscheidung steht im Protokoll.",
        "Enregistré par l'appareil : sur {bars} mesures, {substituted} remplacées et {guarded} modifiées par le "
        "garde ; chaque souhait et chaque décision est au journal.",
        "Registrado por el aparato: de {bars} compases, {substituted} sustituidos y {guarded} cambiados por el "
        "guardián; cada deseo y cada decisión consta en el registro.",
    ),
    "give_about": S(
        "What was not told, people add: `isotone report --about FILE`.",
        "Was nicht angegeben ist, ergänzen Menschen: `isotone report --about DATEI`.",
        "Ce qui n'est pas indiqué, on l'ajoute : `isotone report --about FICHIER`.",
        "Lo que no se indica, se añade: `isotone report --about ARCHIVO`.",
    ),
    "played": S("What was really played", "Was wirklich gespielt wurde", "Ce qui a été joué", "Lo que sonó"),
    "keys": S("keys", "Tonarten", "tonalités", "tonalidades"),
    "instruments": S("instruments", "Instrumente", "instruments", "instrumentos"),
    "tempi": S(
        "tempo, first to last (range)",
        "Tempo, erstes bis letztes (Spanne)",
        "tempo, du premier au dernier (plage)",
        "tempo, primero a último (rango)",
    ),
    "bars": S(
        "bars: all / rests / substituted / changed by the guard",
        "Takte: alle / Pausen / ersetzt / vom Wächter geändert",
        "mesures : toutes / silences / remplacées / modifiées par le garde",
        "compases: todos / silencios / sustituidos / cambiados por el guardián",
    ),
    "decided": S(
        "who decided, of all bars",
        "wer entschied, von allen Takten",
        "qui a décidé, sur les mesures",
        "quién decidió, de los compases",
    ),
    "sound": S(
        "Sound and dose (levels at the ear are estimates)",
        "Klang und Dosis (Pegel am Ohr sind geschätzt)",
        "Son et dose (niveaux à l'oreille estimés)",
        "Sonido y dosis (niveles en el oído estimados)",
    ),
    "headphones": S("headphones", "Kopfhörer", "casque", "auriculares"),
    "levels": S(
        "mean / loudest second",
        "Mittel / lauteste Sekunde",
        "moyenne / seconde la plus forte",
        "media / segundo más fuerte",
    ),
    "dose": S(
        "week's dose before / after",
        "Wochendosis vorher / nachher",
        "dose de la semaine avant / après",
        "dosis semanal antes / después",
    ),
    "lufs": S("loudness / true peak", "Lautheit / Spitzenpegel", "sonie / crête vraie", "sonoridad / pico real"),
    "underruns": S(
        "gaps in the sound / late bars",
        "Aussetzer / späte Takte",
        "coupures / mesures tardives",
        "cortes / compases tardíos",
    ),
    "softened": S(
        "softened for the ears' sake by",
        "zum Schutz der Ohren leiser um",
        "adouci pour l'oreille de",
        "suavizado por los oídos",
    ),
    "signals": S("Signals", "Signale", "Signaux", "Señales"),
    "quality": S("quality", "Güte", "qualité", "calidad"),
    "usable": S("used", "genutzt", "utilisé", "usado"),
    "lost": S("lost", "verloren", "perdu", "perdido"),
    "gaps": S("gaps", "Lücken", "coupures", "huecos"),
    "overrides": S(
        "Wishes and who made them",
        "Wünsche und von wem",
        "Souhaits et leurs auteurs",
        "Deseos y de quién",
    ),
    "answer": S("answer", "Antwort", "réponse", "respuesta"),
    "who": S("who", "wer", "qui", "quién"),
    "what": S("what", "was", "quoi", "qué"),
    "at": S("at", "bei", "à", "a los"),
    "remarks": S("Faults and remarks", "Störungen und Bemerkungen", "Pannes et remarques", "Fallos y observaciones"),
    "problems": S(
        "What is missing in the record",
        "Was in der Aufzeichnung fehlt",
        "Ce qui manque à l'enregistrement",
        "Lo que falta en el registro",
    ),
    "none": S("none", "keine", "aucun", "ninguno"),
    "more": S(
        "and {n} more, in the machine file",
        "und {n} weitere, in der Maschinendatei",
        "et {n} autres, dans le fichier machine",
        "y {n} más, en el archivo",
    ),
    "note": S(
        "The therapist's note",
        "Notiz der Therapeutin oder des Therapeuten",
        "Note du thérapeute",
        "Nota del terapeuta",
    ),
    "versions": S("Versions", "Versionen", "Versions", "Versiones"),
    "trend": S(
        "Trend over sessions",
        "Verlauf über die Sitzungen",
        "Évolution au fil des séances",
        "Evolución a lo largo de las sesiones",
    ),
    "trend_caution": S(
        "A trend is no proof of an effect: sessions differ for many reasons. What compares is a trial with blocks "
        "(`isotone verdict`).",
        "Ein Verlauf beweist keine Wirkung: Sitzungen unterscheiden sich aus vielen Gründen. Vergleichen kann ein "
        "Versuch mit Blöcken (`isotone verdict`).",
        "Une évolution ne prouve pas d'effet : les séances diffèrent pour bien des raisons. Seul un essai à blocs "
        "compare (`isotone verdict`).",
        "Una evolución no prueba un efecto: las sesiones difieren por muchas razones. Lo que compara es un ensayo "
        "por bloques (`isotone verdict`).",
    ),
    "session": S("session", "Sitzung", "séance", "sesión"),
    "sessions": S("sessions", "Sitzungen", "séances", "sesiones"),
    "minutes": S("minutes", "Minuten", "minutes", "minutos"),
    "told_change": S(
        "change told by the listener",
        "selbst gesagte Änderung",
        "changement dit par l'auditeur",
        "cambio dicho por el oyente",
    ),
    "dose_percent": S("week's dose, %", "Wochendosis, %", "dose de la semaine, %", "dosis semanal, %"),
    "mean": S(
        "mean (95 % interval)",
        "Mittel (95-%-Intervall)",
        "moyenne (intervalle à 95 %)",
        "media (intervalo del 95 %)",
    ),
    "slope": S(
        "change a session (95 % interval)",
        "Änderung je Sitzung (95-%-Intervall)",
        "changement par séance (intervalle à 95 %)",
        "cambio por sesión (intervalo del 95 %)",
    ),
    "as_recorded": S(
        "Sentences of the log stand as they were recorded.",
        "Sätze des Protokolls stehen so da, wie sie aufgezeichnet wurden.",
        "Les phrases du journal sont telles qu'elles ont été enregistrées.",
        "Las frases del registro están tal como se grabaron.",
    ),
    "undrawn": S(
        "Letters that the fonts of this file lack are told by their code point; the page (HTML) shows them.",
        "Zeichen, die den Schriften dieser Datei fehlen, stehen als Codepunkt; die Seite (HTML) zeigt sie.",
        "Les caractères absents des polices figurent par leur code ; la page (HTML) les montre.",
        "Los caracteres que faltan en las fuentes figuran por su código; la página (HTML) los muestra.",
    ),
    "baseline": S("rest", "Ruhe", "repos", "reposo"),
    "match": S("match", "Abholen", "rejoindre", "acoger"),
    "shift": S("shift", "Führen", "conduire", "guiar"),
    "hold": S("hold", "Halten", "maintenir", "mantener"),
    "cool-down": S("cool-down", "Ausklang", "fin douce", "final suave"),
    "page": S("page", "Seite", "page", "página"),
}  # fmt: skip
COMMA: frozenset[Language] = frozenset({"de", "fr", "es"})
"""Languages that write 0,5."""


class Phrases:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The words under a key, with values put in; a key that has none is itself: it was recorded so."""
        row = WORDS.get(key)
        return row.in_language(self.language).format(**values) if row else key

    def number(self, value: float | None, digits: int = 1, *, sign: bool = False) -> str:
        """A number as it is written in this language, with a real minus; a dash for what is not known."""
        if value is None:
            return "–"
        text = f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
        if float(text) == 0.0:
            text = text.lstrip("+-")
        text = text.replace("-", "−")
        return text.replace(".", ",") if self.language in COMMA else text

    def percent(self, share: float | None) -> str:
        return "–" if share is None else f"{self.number(100 * share, 0)}\u00a0%"

    def clock(self, seconds: float | None) -> str:
        """Minutes and seconds."""
        if seconds is None:
            return "–"
        whole = round(seconds)
        return f"{'−' if whole < 0 else ''}{abs(whole) // 60}:{abs(whole) % 60:02d}"
