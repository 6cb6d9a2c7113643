"""The task for the Task Scheduler of Windows."""

import subprocess
from pathlib import PureWindowsPath
from xml.etree import ElementTree as ET

from civitai_engagement.install.service.plan import ABOUT, COLLECT, MADE_BY, ServicePlan

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
SETTINGS = {  # in the order of the schema
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "AllowHardTerminate": "true",
    "StartWhenAvailable": "true",
    "RunOnlyIfNetworkAvailable": "false",
    "Enabled": "true",
    "Hidden": "true",
    "ExecutionTimeLimit": "PT0S",
    "Priority": "7",
}


def task_of(plan: ServicePlan) -> str:
    """Write the task: begun at logon, and again a minute after it fails.

    >>> task_of(plan).startswith('<Task ')
    True
    """
    task = ET.Element("Task", {"version": "1.2", "xmlns": NAMESPACE})
    _add(task, "RegistrationInfo", Description=f"{ABOUT}. {MADE_BY}")
    _add(ET.SubElement(task, "Triggers"), "LogonTrigger", Enabled="true")
    principal = _add(ET.SubElement(task, "Principals"), "Principal", LogonType="InteractiveToken")
    principal.set("id", "Author")
    ET.SubElement(principal, "RunLevel").text = "LeastPrivilege"
    _settings(task)
    actions = ET.SubElement(task, "Actions", {"Context": "Author"})
    program, *arguments = _windowless(plan)
    _add(actions, "Exec", Command=program, Arguments=subprocess.list2cmdline(arguments))
    ET.indent(task)
    return ET.tostring(task, encoding="unicode") + "\n"


def _settings(task: ET.Element) -> None:
    settings = ET.SubElement(task, "Settings")
    for name, value in SETTINGS.items():
        ET.SubElement(settings, name).text = value
    _add(settings, "RestartOnFailure", Interval="PT1M", Count="999")


def _add(parent: ET.Element, tag: str, **parts: str) -> ET.Element:
    made = ET.SubElement(parent, tag)
    for name, value in parts.items():
        ET.SubElement(made, name).text = value
    return made


def _windowless(plan: ServicePlan) -> tuple[str, ...]:
    """Start Python without a console window where the program stands beside it; a task sets no environment."""
    program = PureWindowsPath(plan.program[0])
    more = (*COLLECT, "--home", str(plan.home), "--log", str(plan.log))
    if program.name.lower() == "civitai-engagement.exe" and program.parent.name.lower() == "scripts":
        return (str(program.parent / "pythonw.exe"), "-m", "civitai_engagement", *more)
    if program.name.lower() == "python.exe":
        return (str(program.with_name("pythonw.exe")), *plan.program[1:], *more)
    return (*plan.program, *more)
