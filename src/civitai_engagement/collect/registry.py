"""Which jobs there are: under which name each is stored, on which grid of instants it runs, and what does it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from civitai_engagement.analysis.cadence import due_tick, night_tick, round_tick
from civitai_engagement.collect.active_run import ActiveRun
from civitai_engagement.collect.jobs.existing_stats import update_existing_stats
from civitai_engagement.collect.jobs.features import keep_features
from civitai_engagement.collect.jobs.new_images import collect_new_images
from civitai_engagement.collect.jobs.study import study_engagement
from civitai_engagement.records.condition import Job


@dataclass(frozen=True, slots=True)
class RegisteredJob:
    """A job: `grid` gives the tick that an instant belongs to, `work` does it.

    A tick of the grid that was missed is still to be run until the next one begins.
    """

    grid: Callable[[datetime], datetime]
    work: Callable[[ActiveRun], Awaitable[None]]


# In the order in which a tick runs them: what is due before what is new, and what reads the ledger after what fills it.
JOBS: Mapping[Job, RegisteredJob] = {
    Job.EXISTING_STATS: RegisteredJob(due_tick, update_existing_stats),
    Job.NEW_IMAGES: RegisteredJob(round_tick, collect_new_images),
    Job.FEATURES: RegisteredJob(due_tick, keep_features),
    Job.STUDY: RegisteredJob(night_tick, study_engagement),
}
