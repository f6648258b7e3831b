"""The table of prompts: name -> sentence in each language, musical sign, urgency, and how long it stays true.

Any prompt can be cut short by a press. None promises that anything heals, and none blames the listener.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from device.voice.places import PLACES
from device.voice.sentences import Sentences


class Urgency(IntEnum):
    """What is said first when several prompts wait."""

    COURTESY = 0
    GUIDE = 1
    """What to do now, while the headset is being put on."""
    NEWS = 2
    """What has changed."""
    LIMIT = 3
    """What is not allowed, and why."""
    HELP = 4
    """Something is wrong that the listener should know of at once."""


class Row(NamedTuple):
    words: Sentences
    sign: str
    """The motif of `signs.SIGNS` that stands for it."""
    urgency: Urgency
    true_for_s: float
    """It is not said later than this after it was asked for."""


PRESS = Sentences(
    "The sensor {place} does not touch well yet. Please press it gently.",
    "Der Sensor {place} hat noch keinen guten Kontakt. Bitte drücken Sie ihn sanft an.",
    "Le capteur {place} ne touche pas encore bien. Appuyez doucement dessus, s'il vous plaît.",
    "El sensor {place} aún no hace buen contacto. Por favor, presiónelo suavemente.",
)
"""With a place of `PLACES`, so that each electrode has a whole sentence with an intonation of its own."""
DIGITS = (
    Sentences("zero", "null", "zéro", "cero"),
    Sentences("one", "eins", "un", "uno"),
    Sentences("two", "zwei", "deux", "dos"),
    Sentences("three", "drei", "trois", "tres"),
    Sentences("four", "vier", "quatre", "cuatro"),
    Sentences("five", "fünf", "cinq", "cinco"),
    Sentences("six", "sechs", "six", "seis"),
    Sentences("seven", "sieben", "sept", "siete"),
    Sentences("eight", "acht", "huit", "ocho"),
    Sentences("nine", "neun", "neuf", "nueve"),
)


def _at(place: str) -> Row:
    words = Sentences(*(sentence.format(place=said) for sentence, said in zip(PRESS, PLACES[place], strict=True)))
    return Row(words, "attend", Urgency.GUIDE, 8.0)


def _courtesy(sign: str, *words: str) -> Row:
    return Row(Sentences(*words), sign, Urgency.COURTESY, 15.0)


def _guide(sign: str, *words: str) -> Row:
    return Row(Sentences(*words), sign, Urgency.GUIDE, 10.0)


def _news(sign: str, *words: str) -> Row:
    return Row(Sentences(*words), sign, Urgency.NEWS, 20.0)


def _limit(sign: str, *words: str) -> Row:
    return Row(Sentences(*words), sign, Urgency.LIMIT, 30.0)


def _help(*words: str) -> Row:
    return Row(Sentences(*words), "help", Urgency.HELP, 120.0)


PROMPTS: dict[str, Row] = {
    # before a session
    "welcome": _courtesy(
        "welcome",
        "Welcome. Please put on the headset, and make yourself comfortable.",
        "Willkommen. Bitte setzen Sie die Sensorhaube auf, und machen Sie es sich bequem.",
        "Bienvenue. Mettez le casque à capteurs, s'il vous plaît, et installez-vous confortablement.",
        "Le damos la bienvenida. Por favor, póngase el casco de sensores y acomódese.",
    ),
    "ready": _courtesy(
        "welcome",
        "The box is ready. Press the button when you would like music.",
        "Das Gerät ist bereit. Drücken Sie die Taste, wenn Sie Musik möchten.",
        "L'appareil est prêt. Appuyez sur le bouton quand vous désirez de la musique.",
        "El aparato está listo. Pulse el botón cuando desee escuchar música.",
    ),
    "reminder": _courtesy(
        "reminder",
        "Now would be a good time for your music. Press the button when you like.",
        "Jetzt wäre eine gute Zeit für Ihre Musik. Drücken Sie die Taste, wann Sie möchten.",
        "Ce serait un bon moment pour votre musique. Appuyez sur le bouton quand vous voulez.",
        "Sería un buen momento para su música. Pulse el botón cuando quiera.",
    ),
    # while the headset is put on
    "fit-headset": _guide(
        "attend",
        "Please put on the headset, so that it sits snugly.",
        "Bitte setzen Sie die Sensorhaube so auf, dass sie gut anliegt.",
        "Mettez le casque à capteurs, s'il vous plaît, de façon qu'il soit bien ajusté.",
        "Por favor, póngase el casco de sensores de modo que quede bien ajustado.",
    ),
    "fit-clips": _guide(
        "attend",
        "Please check the clips on your ear lobes. They should touch the skin.",
        "Bitte prüfen Sie die Klammern an den Ohrläppchen. Sie sollten die Haut berühren.",
        "Vérifiez les pinces sur vos lobes d'oreille, s'il vous plaît. Elles doivent toucher la peau.",
        "Por favor, revise las pinzas de los lóbulos de las orejas. Deben tocar la piel.",
    ),
    "fit-still": _guide(
        "attend",
        "Please sit still for a moment, and let your jaw and forehead relax.",
        "Bitte sitzen Sie einen Moment still, und lassen Sie Kiefer und Stirn locker.",
        "Restez immobile un instant, s'il vous plaît, et détendez la mâchoire et le front.",
        "Por favor, no se mueva por un momento y relaje la mandíbula y la frente.",
    ),
    "fit-hum": _guide(
        "attend",
        "A cable or device nearby disturbs the sensors. Please move a little away from it.",
        "Ein Kabel oder Gerät in der Nähe stört die Sensoren. Bitte rücken Sie etwas davon ab.",
        "Un câble ou un appareil proche gêne les capteurs. Éloignez-vous-en un peu, s'il vous plaît.",
        "Un cable o aparato cercano perturba los sensores. Por favor, aléjese un poco de él.",
    ),
    "fit-sensor": _guide(
        "attend",
        "One of the sensors does not touch well yet. Please press the headset gently all around.",
        "Einer der Sensoren hat noch keinen guten Kontakt. Bitte drücken Sie die Haube rundum sanft an.",
        "Un des capteurs ne touche pas encore bien. Appuyez doucement tout autour du casque, s'il vous plaît.",
        "Uno de los sensores aún no hace buen contacto. Por favor, presione suavemente todo el casco.",
    ),
    "headset-good": _guide(
        "good",
        "Thank you. The headset sits well.",
        "Vielen Dank. Die Haube sitzt gut.",
        "Merci. Le casque est bien placé.",
        "Gracias. El casco está bien colocado.",
    ),
    "fit-goes-on": _guide(
        "resume",
        "Not every sensor touches well. That is all right, we go on with the others.",
        "Nicht jeder Sensor hat guten Kontakt. Das macht nichts, es geht mit den anderen weiter.",
        "Tous les capteurs ne touchent pas bien. Ce n'est pas grave, nous continuons avec les autres.",
        "No todos los sensores hacen buen contacto. No pasa nada, seguimos con los demás.",
    ),
    "fit-without": _guide(
        "resume",
        "The headset gives no clear signal. Your music plays on without it.",
        "Die Sensorhaube liefert kein klares Signal. Ihre Musik spielt ohne sie weiter.",
        "Le casque ne donne pas de signal clair. Votre musique continue sans lui.",
        "El casco no da una señal clara. Su música sigue sin él.",
    ),
    # sensors in a session
    "headset-lost": _news(
        "lost",
        "The headset is no longer heard. Please check that it is switched on. The music goes on.",
        "Die Sensorhaube meldet sich nicht mehr. Bitte prüfen Sie, ob sie eingeschaltet ist. Die Musik geht weiter.",
        "Le casque ne répond plus. Vérifiez qu'il est allumé, s'il vous plaît. La musique continue.",
        "El casco ya no responde. Por favor, compruebe que esté encendido. La música continúa.",
    ),
    "headset-found": _news(
        "found",
        "The headset is back.",
        "Die Sensorhaube ist wieder da.",
        "Le casque est de nouveau connecté.",
        "El casco vuelve a estar conectado.",
    ),
    "wristband-missing": _guide(
        "attend",
        "The wristband is not heard. Please put it on, and check that it is switched on.",
        "Das Armband meldet sich nicht. Bitte legen Sie es an, und prüfen Sie, ob es eingeschaltet ist.",
        "Le bracelet ne répond pas. Mettez-le, s'il vous plaît, et vérifiez qu'il est allumé.",
        "La pulsera no responde. Por favor, póngasela y compruebe que esté encendida.",
    ),
    "wristband-other": _news(
        "attend",
        "Another wristband than last time has answered. Please check that it is yours.",
        "Es hat sich ein anderes Armband gemeldet als beim letzten Mal. Bitte prüfen Sie, ob es Ihres ist.",
        "Un autre bracelet que la dernière fois a répondu. Vérifiez que c'est le vôtre, s'il vous plaît.",
        "Ha respondido una pulsera distinta de la última vez. Por favor, compruebe que sea la suya.",
    ),
    "wristband-lost": _news(
        "lost",
        "The wristband is no longer heard. Please check how it sits. The music goes on.",
        "Das Armband meldet sich nicht mehr. Bitte prüfen Sie, wie es sitzt. Die Musik geht weiter.",
        "Le bracelet ne répond plus. Vérifiez qu'il est bien mis, s'il vous plaît. La musique continue.",
        "La pulsera ya no responde. Por favor, compruebe que esté bien puesta. La música continúa.",
    ),
    "wristband-found": _news(
        "found",
        "The wristband is back.",
        "Das Armband ist wieder da.",
        "Le bracelet est de nouveau connecté.",
        "La pulsera vuelve a estar conectada.",
    ),
    "battery-low": _news(
        "attend",
        "The battery of a sensor is low. Please charge it after the session.",
        "Der Akku eines Sensors ist schwach. Bitte laden Sie ihn nach der Sitzung.",
        "La batterie d'un capteur est faible. Rechargez-la après la séance, s'il vous plaît.",
        "La batería de un sensor está baja. Por favor, cárguela después de la sesión.",
    ),
    # a session's course
    "session-begins": _courtesy(
        "begin",
        "Your session begins. You need not do anything. Press stop whenever you like.",
        "Ihre Sitzung beginnt. Sie brauchen nichts zu tun. Sie können jederzeit auf Stopp drücken.",
        "Votre séance commence. Vous n'avez rien à faire. Vous pouvez l'arrêter à tout moment.",
        "Su sesión comienza. No tiene que hacer nada. Puede detenerla cuando quiera.",
    ),
    "session-ends-soon": _courtesy(
        "soon",
        "Your session ends in a minute.",
        "Ihre Sitzung endet in einer Minute.",
        "Votre séance se termine dans une minute.",
        "Su sesión termina en un minuto.",
    ),
    "session-ended": _courtesy(
        "end",
        "Your session has ended. Take all the time you need before you get up.",
        "Ihre Sitzung ist zu Ende. Nehmen Sie sich Zeit, bevor Sie aufstehen.",
        "Votre séance est terminée. Prenez votre temps avant de vous lever.",
        "Su sesión ha terminado. Tómese su tiempo antes de levantarse.",
    ),
    "stopped": _news(
        "end",
        "The music has been stopped.",
        "Die Musik wurde angehalten.",
        "La musique a été arrêtée.",
        "La música se ha detenido.",
    ),
    "paused": _news(
        "pause",
        "The music pauses. Press the button to go on.",
        "Die Musik macht Pause. Drücken Sie die Taste, um fortzufahren.",
        "La musique est en pause. Appuyez sur le bouton pour continuer.",
        "La música está en pausa. Pulse el botón para continuar.",
    ),
    "resumed": _news(
        "resume",
        "The music goes on.",
        "Die Musik geht weiter.",
        "La musique reprend.",
        "La música continúa.",
    ),
    "volume-highest": _news(
        "limit",
        "This is as loud as it may be.",
        "Lauter darf es nicht werden.",
        "Le son est au maximum autorisé.",
        "El volumen está al máximo permitido.",
    ),
    "volume-lowest": _news(
        "limit",
        "This is as soft as it can be.",
        "Leiser geht es nicht.",
        "Le son est au minimum.",
        "El volumen está al mínimo.",
    ),
    # what is not allowed
    "sound-limited": _limit(
        "limit",
        "The sound stays softer today, to spare your hearing.",
        "Der Ton bleibt heute leiser, um Ihr Gehör zu schonen.",
        "Le son reste plus doux aujourd'hui, pour ménager votre ouïe.",
        "Hoy el sonido se mantiene más suave, para cuidar su oído.",
    ),
    "hearing-rests": _limit(
        "limit",
        "Your hearing has had enough sound this week. Please come back another day.",
        "Ihr Gehör hatte diese Woche genug Klang. Bitte kommen Sie an einem anderen Tag wieder.",
        "Vos oreilles ont eu assez de son cette semaine. Revenez un autre jour, s'il vous plaît.",
        "Su oído ya ha tenido bastante sonido esta semana. Por favor, vuelva otro día.",
    ),
    "sessions-done": _limit(
        "limit",
        "Today's sessions are done. The next ones follow another day.",
        "Die Sitzungen für heute sind abgeschlossen. Die nächsten folgen an einem anderen Tag.",
        "Les séances d'aujourd'hui sont terminées. Les prochaines auront lieu un autre jour.",
        "Las sesiones de hoy han terminado. Las próximas serán otro día.",
    ),
    "not-today": _limit(
        "limit",
        "No session is planned for today.",
        "Für heute ist keine Sitzung vorgesehen.",
        "Aucune séance n'est prévue aujourd'hui.",
        "Hoy no hay ninguna sesión prevista.",
    ),
    "quiet-hours": _limit(
        "limit",
        "It is quiet time now. Music is possible again later.",
        "Jetzt ist Ruhezeit. Später ist wieder Musik möglich.",
        "C'est l'heure du repos. La musique sera de nouveau possible plus tard.",
        "Es hora de descanso. Más tarde podrá volver a escuchar música.",
    ),
    "intake-missing": _limit(
        "help",
        "Some questions must be answered before the first session. Please ask your therapist.",
        "Vor der ersten Sitzung müssen einige Fragen beantwortet werden. Bitte fragen Sie Ihre Therapeutin oder Ihren "
        "Therapeuten.",
        "Quelques questions doivent être réglées avant la première séance. Adressez-vous à votre thérapeute.",
        "Antes de la primera sesión hay que responder unas preguntas. Por favor, consulte a su terapeuta.",
    ),
    "setup-refused": _limit(
        "help",
        "The settings on the card could not be used. The box is as it was before.",
        "Die Einstellungen auf der Karte waren nicht zu verwenden. Das Gerät ist, wie es vorher war.",
        "Les réglages de la carte n'ont pas pu être utilisés. L'appareil est resté comme avant.",
        "No se pudieron usar los ajustes de la tarjeta. El aparato está como antes.",
    ),
    "updating": _limit(
        "attend",
        "The box is being renewed. Please leave it switched on. It will be ready again in a few minutes.",
        "Das Gerät wird erneuert. Bitte lassen Sie es eingeschaltet. In wenigen Minuten ist es wieder bereit.",
        "L'appareil se met à jour. Laissez-le allumé, s'il vous plaît. Il sera prêt dans quelques minutes.",
        "El aparato se está actualizando. Por favor, déjelo encendido. Estará listo en unos minutos.",
    ),
    # what is wrong
    "session-fault": _help(
        "The session ended because something went wrong. What was recorded is kept. You may start again.",
        "Die Sitzung endete wegen eines Fehlers. Die Aufzeichnung ist gesichert. Sie können neu beginnen.",
        "La séance s'est arrêtée à cause d'une erreur. L'enregistrement est conservé. Vous pouvez recommencer.",
        "La sesión terminó por un fallo. La grabación se ha guardado. Puede empezar de nuevo.",
    ),
    "power-cut": _help(
        "The last session was cut off because the power failed. What was recorded is kept.",
        "Die letzte Sitzung brach ab, weil der Strom ausfiel. Die Aufzeichnung ist gesichert.",
        "La dernière séance a été coupée par une panne de courant. L'enregistrement est conservé.",
        "La última sesión se cortó por un fallo de corriente. La grabación se ha guardado.",
    ),
    "sound-back": _help(
        "The sound was interrupted, and is back.",
        "Der Ton war unterbrochen und ist wieder da.",
        "Le son a été interrompu, et il est de retour.",
        "El sonido se interrumpió y ha vuelto.",
    ),
    "button-stuck": _help(
        "A button seems to be stuck. Please free it.",
        "Eine Taste scheint zu klemmen. Bitte lösen Sie sie.",
        "Un bouton semble coincé. Débloquez-le, s'il vous plaît.",
        "Parece que un botón está atascado. Por favor, desatásquelo.",
    ),
    "needs-help": _help(
        "The box needs help. Please call the person who looks after it.",
        "Das Gerät braucht Hilfe. Bitte rufen Sie die Person an, die es betreut.",
        "L'appareil a besoin d'aide. Appelez la personne qui s'en occupe, s'il vous plaît.",
        "El aparato necesita ayuda. Por favor, llame a la persona que lo atiende.",
    ),
    "needs-help-code": _help(
        "The box needs help. Please call the person who looks after it, and give this number.",
        "Das Gerät braucht Hilfe. Bitte rufen Sie die Person an, die es betreut, und nennen Sie diese Zahl.",
        "L'appareil a besoin d'aide. Appelez la personne qui s'en occupe et donnez-lui ce numéro.",
        "El aparato necesita ayuda. Por favor, llame a la persona que lo atiende y dígale este número.",
    ),
    **{f"fit-{place}": _at(place) for place in PLACES},
    **{f"digit-{digit}": Row(words, f"digit-{digit}", Urgency.HELP, 120.0) for digit, words in enumerate(DIGITS)},
}
"""Every prompt that there is. Digits are spoken one by one behind a prompt that has a number."""


def parts_of(name: str, digits: str = "") -> tuple[str, ...]:
    """The rows that are spoken one after the other. What is no digit is left out."""
    return (name, *(f"digit-{digit}" for digit in digits if digit in "0123456789"))
