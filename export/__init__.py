"""Training and export of the models that ship; the device never imports it."""
