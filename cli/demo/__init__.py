"""The demo: invented people with coherent charts, and the steps that bring every state of the lifecycle about.

Pure data. `demo_scenario(as_of)` gives it; whoever plays it sends the events and performs the steps in their order.
"""

from cli.demo.model import DemoScenario
from cli.demo.reading import demo_scenario

__all__ = ["DemoScenario", "demo_scenario"]
