"""The distilling room: a teacher's answers or served traffic become a data set with its origin."""

from whet.distilling.collecting import Collector, State
from whet.distilling.distillation import Distillation, Outcome
from whet.distilling.inputs import Question, Questions, read_questions
from whet.distilling.journal import Journal
from whet.distilling.purse import Prices, Purse
from whet.distilling.settings import Asking, Keeping, Spending, check_settings
from whet.distilling.sieve import Sieve, make_sieve
from whet.distilling.teacher import EndpointTeacher, Job, LocalTeacher, Teacher
from whet.distilling.traffic import Traffic, read_traffic, write_traffic

__all__ = [
    "Asking",
    "Collector",
    "Distillation",
    "EndpointTeacher",
    "Job",
    "Journal",
    "Keeping",
    "LocalTeacher",
    "Outcome",
    "Prices",
    "Purse",
    "Question",
    "Questions",
    "Sieve",
    "Spending",
    "State",
    "Teacher",
    "Traffic",
    "check_settings",
    "make_sieve",
    "read_questions",
    "read_traffic",
    "write_traffic",
]
