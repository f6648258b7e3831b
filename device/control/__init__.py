"""Decides what the music should do next from what is known of the listener, bar by bar, each time with a reason.

`plan/` says where on the way from the present state to the goal the session stands; one of `policies/` proposes how far
the music goes beyond that to lead the listener back; `bounds` takes what may be taken of it; `people/` is what listener
and therapist do about it, and `shield/` has the last word. `cues` turns the result into tempo, loudness and the rest,
and `controller` is the stage that asks them in turn. A new policy is one file and one line in `POLICIES`, with a table
of its own in `config.ControlConfig` if it has settings.
"""

POLICIES: dict[str, str] = {
    "adaptive": "device.control.policies.adaptive:Adaptive",
    "bandit": "device.control.policies.bandit:Bandit",
    "hand": "device.control.policies.hand:Hand",
    "iso": "device.control.policies.iso:Iso",
    "learned": "device.control.policies.learned:Learned",
    "mpc": "device.control.policies.mpc:Mpc",
    "pi": "device.control.policies.pi:Pi",
    "plan": "device.control.policies.plan:Plan",
    "ramp": "device.control.policies.ramp:Ramp",
    "silence": "device.control.policies.silence:Silence",
    "target": "device.control.policies.target:Target",
}
MODELS: dict[str, str] = {"learned": "control-0.2.0"}
"""The model folder of a policy that has one, where device.toml names none."""
