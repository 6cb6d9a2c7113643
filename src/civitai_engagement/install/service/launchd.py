"""The property list for launchd's user domain."""

import plistlib

from civitai_engagement.install.service.plan import ServicePlan

LABEL = "civitai-engagement.collect"


def plist_of(plan: ServicePlan) -> str:
    """Write the agent: started at login, and again a minute after it ends.

    >>> plistlib.loads(plist_of(plan).encode())["Label"]
    'civitai-engagement.collect'
    """
    said = {
        "Label": LABEL,
        "ProgramArguments": [*plan.words, "--log", str(plan.log)],
        "EnvironmentVariables": plan.environment,
        "RunAtLoad": True,
        "KeepAlive": True,
        "ThrottleInterval": 60,
        "ExitTimeOut": 120,
        "ProcessType": "Background",
    }
    return plistlib.dumps(said, sort_keys=False).decode()
