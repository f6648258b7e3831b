"""The way to a clinic's broker: MQTT 5 over TLS, with a certificate on both sides, by paho-mqtt.

Topics (all retained, so that whoever asks later is told as well):
    isotone/1/reports/NAME   a `FleetReport`, written by the box of that name alone
    isotone/1/online/NAME    1, or 0 from the broker itself as soon as the box is gone
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from device.errors import ConfigError, SystemMissingError
from device.fleet.layout import FleetConfig

PREFIX = "isotone/1"
KEEPALIVE_S = 60
RETRY_S = (1, 120)
QOS = 1
CONNECT_S = 10.0
LOOK = "Look at fleet.toml, and ask who runs the broker."


class Broker:
    """A connection that comes back by itself. `heard(kind, name, payload)` is called by a thread of its own."""

    def __init__(self, config: FleetConfig, heard: Callable[[str, str, bytes], None], *, is_box: bool) -> None:
        """Raises ConfigError on certificates that cannot be read."""
        self._config, self._heard, self._is_box = config, heard, is_box
        self._report = b""
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

    def begin(self) -> None:
        """Connects, now or as soon as the broker is there."""
        self._client.connect_async(self._config.broker, self._config.port, KEEPALIVE_S)
        self._client.loop_start()

    def connect(self) -> None:
        """Connects now, and waits until the broker tells.

        Raises:
            SystemMissingError: the broker is not there, or does not let us in.
        """
        try:
            self._client.connect(self._config.broker, self._config.port, KEEPALIVE_S)
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
        if not self._is_box:
            client.subscribe(f"{PREFIX}/+/+", QOS)
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
        if any(reason.is_failure for reason in reasons):
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
