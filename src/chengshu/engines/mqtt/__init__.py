"""MQTT by Eclipse Paho."""

from chengshu.engines.mqtt.subscriber import MqttSubscriber

__all__ = ["MqttSubscriber"]
