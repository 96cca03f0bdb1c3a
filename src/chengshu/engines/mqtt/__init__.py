"""MQTT by Eclipse Paho."""

from chengshu.engines.mqtt.publisher import MqttPublisher
from chengshu.engines.mqtt.subscriber import MqttSubscriber

__all__ = ["MqttPublisher", "MqttSubscriber"]
