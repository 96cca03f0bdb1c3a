"""The ways into the hub that the hub itself opens: a broker's messages, a file played again."""

from chengshu.foundation.sensing.connectors.file import FileReplay
from chengshu.foundation.sensing.connectors.mqtt import MqttIntake

__all__ = ["FileReplay", "MqttIntake"]
