"""Every key of `whet.yaml`. The docstring under a field is its only description.

The command line's help, `docs/config.md` and the JSON schema are made from this room. Reading
a file (YAML, line numbers, overrides, all faults at once) is in `configfile.py`.
"""

from whet.config.arms import ArmConfig, FewShotConfig, GenerateConfig, PriceConfig, RagConfig
from whet.config.data import CleanConfig, DataConfig, RepairName, SplitConfig
from whet.config.evaluation import EvalConfig
from whet.config.gates import (
    AbilityGate,
    BenchmarkName,
    ConvergenceGate,
    ForgettingGate,
    FormatGate,
    GatesConfig,
    GeneralGate,
    HallucinationGate,
    HumanGate,
    JudgeGate,
    LatencyGate,
    RefusalsGate,
    SlicesGate,
)
from whet.config.judges import JudgeConfig, ReviewConfig
from whet.config.metrics import (
    BertscoreConfig,
    BleuConfig,
    ChrfConfig,
    ExtractionConfig,
    NumericConfig,
    OffDomainConfig,
    PersonaConfig,
    SliceRule,
    TruthConfig,
)
from whet.config.project import Config, CostConfig
from whet.config.section import Counts, Fraction, Section, Words
from whet.config.train import TrainConfig

__all__ = [
    "AbilityGate", "ArmConfig", "BenchmarkName", "BertscoreConfig", "BleuConfig", "ChrfConfig",
    "CleanConfig", "Config", "ConvergenceGate", "CostConfig", "Counts", "DataConfig",
    "EvalConfig", "ExtractionConfig", "FewShotConfig", "ForgettingGate", "FormatGate",
    "Fraction", "GatesConfig", "GeneralGate", "GenerateConfig", "HallucinationGate",
    "HumanGate", "JudgeConfig", "JudgeGate", "LatencyGate", "NumericConfig", "OffDomainConfig",
    "PersonaConfig", "PriceConfig", "RagConfig", "RefusalsGate", "RepairName", "ReviewConfig",
    "Section", "SliceRule", "SlicesGate", "SplitConfig", "TrainConfig", "TruthConfig", "Words",
]  # fmt: skip
