"""The commands of `isotone`, one file each, and what they share; `device.cli` opens them when they are asked for."""
