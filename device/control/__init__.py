"""From what is known of the listener to what the music should do next, bar by bar, each time with a reason.

`session_plan` says where on the way from the present state to the goal the session stands; a policy says how far the
music goes beyond that to lead the listener back; `cues` turns the result into tempo, loudness and the rest; and
`controller` is the stage that asks them in turn. A new policy is one file and one line in `POLICIES`:
`decide(situation) -> decision`, pure, time as an input, a refusal by one of the names in `policies.Refusal`.
"""

POLICIES: dict[str, str] = {
    "hand": "device.control.policies:Hand",
}
