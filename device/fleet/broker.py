"""The way to a clinic's broker: MQTT 5 over TLS, with a certificate on both sides, by paho-mqtt.

Topics; what is retained is told to whoever asks later as well:
    isotone/1/reports/NAME   a `FleetReport`, written by the box of that name alone; retained
    isotone/1/online/NAME    1, or 0 from the broker itself as soon as the box is gone; retained
    isotone/1/offers/NAME    an `Offer` for that box, written by who looks after boxes; retained, empty when withdrawn
    isotone/1/asks/NAME      an `Ask` of that box: which piece of the bundle it lacks
    isotone/1/pieces/NAME    that piece
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from device.errors import ConfigError, SystemMissingError
from device.fleet.layout import FleetConfig
from device.fleet.offer import HEADER, PIECE_BYTES
from device.fleet.report import REPORT_BYTES_MAX

PREFIX = "isotone/1"
KEEPALIVE_S = 60
RETRY_S = (1, 120)
QOS = 1
CONNECT_S = 10.0
LOOK = "Look at fleet.toml, and ask who runs the broker."
TOPIC_BYTES = 256
WATCHING = ("reports/+", "online/+")
ROLLING_OUT = (*WATCHING, "asks/+")
Heard = Callable[[str, str, bytes], None]
"""Kind, name and payload of what came."""


class Broker:
    """A connection that comes back by itself. `heard(kind, name, payload)` is called by a thread of its own."""

    def __init__(self, config: FleetConfig, heard: Heard, *, is_box: bool, topics: tuple[str, ...] = WATCHING) -> None:
        """A box hears what is for it alone, who looks after boxes hears `topics`.

        Raises:
            ConfigError: the certificates cannot be read.
        """
        self._config, self._heard, self._is_box = config, heard, is_box
        self._topics = (f"offers/{config.name}", f"pieces/{config.name}") if is_box else topics
        self._report = b""
        self.n_times_in = 0
        """How often the broker let us in: what it forgot has to be told again."""
        self._place = f"{config.broker}:{config.port}"
        self._is_in = threading.Event()
        self.refusal = f"The broker {self._place} was not reached yet."
        """Why we are not in, as a sentence; empty: we are."""
        # Who only looks takes no box's name at the broker, which would throw the box out.
        client_id = config.name if is_box else ""
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_connect = self._connected
        self._client.on_connect_fail = self._unreached
        self._client.on_disconnect = self._lost
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._received
        self._client.reconnect_delay_set(*RETRY_S)
        if is_box:
            self._client.will_set(self._topic("online"), b"0", QOS, retain=True)
        try:
            self._client.tls_set(config.authority, config.certificate, config.key, ssl.CERT_REQUIRED)
        except (OSError, ssl.SSLError, ValueError) as error:
            files = f"{config.authority}, {config.certificate}, {config.key}"
            raise ConfigError(
                f"The certificates of the fleet cannot be read ({files}): {error}.", "Mend fleet.toml."
            ) from error

    def _topic(self, kind: str) -> str:
        return f"{PREFIX}/{kind}/{self._config.name}"

    @property
    def _limits(self) -> Properties:
        """What the broker is not to send us: memory is bounded whatever others publish (MQTT 5, 3.1.2.11.4)."""
        limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        limits.MaximumPacketSize = TOPIC_BYTES + (HEADER.size + PIECE_BYTES if self._is_box else REPORT_BYTES_MAX)
        return limits

    def begin(self) -> None:
        """Connects, now or as soon as the broker is there."""
        place = (self._config.broker, self._config.port, KEEPALIVE_S)
        self._client.connect_async(*place, properties=self._limits)
        self._client.loop_start()

    def connect(self) -> None:
        """Connects now, and waits until the broker tells.

        Raises:
            SystemMissingError: the broker is not there, or does not let us in.
        """
        try:
            self._client.connect(self._config.broker, self._config.port, KEEPALIVE_S, properties=self._limits)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise SystemMissingError(f"The broker {self._place} does not answer: {error}.", LOOK) from error
        self._client.loop_start()
        if not self._is_in.wait(CONNECT_S):
            self.end()
            raise SystemMissingError(f"The broker {self._place} does not let us in. {self.refusal}", LOOK)

    def tell(self, report: bytes) -> None:
        """Publishes a report; one that cannot go now goes as soon as the broker is there."""
        self._report = report
        if self._client.is_connected():
            self._client.publish(self._topic("reports"), report, QOS, retain=True)

    def ask(self, ask: bytes) -> None:
        """A box asks for a piece; where the broker is away it asks again."""
        if self._client.is_connected():
            self._client.publish(self._topic("asks"), ask, QOS)

    def offer(self, name: str, offer: bytes) -> None:
        """Offers a box a bundle; an empty offer withdraws one."""
        self._client.publish(f"{PREFIX}/offers/{name}", offer, QOS, retain=True)

    def give(self, name: str, piece: bytes) -> None:
        """Gives a box the piece that it asked for, unless the broker is away: it asks again."""
        if self._client.is_connected():
            self._client.publish(f"{PREFIX}/pieces/{name}", piece, QOS)

    def end(self) -> None:
        """Says goodbye, so that the broker knows at once."""
        if self._is_box and self._client.is_connected():
            # A broker that goes at this very moment knows by the will.
            with contextlib.suppress(RuntimeError):
                self._client.publish(self._topic("online"), b"0", QOS, retain=True).wait_for_publish(CONNECT_S)
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(
        self, client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        self.refusal = f"The broker refuses: {reason}." if reason.is_failure else ""
        if reason.is_failure:
            return
        self.n_times_in += 1
        client.subscribe([(f"{PREFIX}/{topic}", SubscribeOptions(qos=QOS)) for topic in self._topics])
        if not self._is_box:
            return
        self._is_in.set()
        client.publish(self._topic("online"), b"1", QOS, retain=True)
        if self._report:
            client.publish(self._topic("reports"), self._report, QOS, retain=True)

    def _received(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        kind, _, name = topic.removeprefix(f"{PREFIX}/").partition("/")
        self._heard(kind, name, bytes(message.payload))

    def _subscribed(
        self, _client: mqtt.Client, _data: object, _number: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        if any(reason.is_failure for reason in reasons) and not self._is_box:
            self.refusal = f"The broker tells us nothing: {reasons[0]}."
        else:
            self._is_in.set()

    def _unreached(self, _client: mqtt.Client, _data: object) -> None:
        self.refusal = f"The broker {self._place} is not reached."

    def _lost(
        self, _client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self.refusal = f"The broker {self._place} is gone: {reason}."
