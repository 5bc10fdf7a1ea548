"""Lets Rasa start without TensorFlow, which a linear pipeline never calls.

Rasa imports it with its first module, whatever the pipeline: two thirds of its
start and half of its memory. Here the name stands for classes that can be
subclassed, annotated with and used as decorators, which is all that happens to
them at import; nothing can be computed with them.
"""

import sys
from abc import ABCMeta
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_ABSENT = ("tensorflow", "tensorflow_hub", "keras")


class _Absent(ABCMeta):
    def __getattr__(cls, name: str) -> type:
        return _absent(name)

    def __call__(cls, *_args: object, **_options: object) -> type:
        return _absent(cls.__name__)


class _AbsentModule(ModuleType):
    def __getattr__(self, name: str) -> type:
        return _absent(name)


class _AbsentPackages(MetaPathFinder, Loader):
    def find_spec(self, name: str, _path: object = None, _target: object = None) -> "ModuleSpec | None":
        return ModuleSpec(name, self, is_package=True) if name.partition(".")[0] in _ABSENT else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _AbsentModule(spec.name)

    def exec_module(self, _module: ModuleType) -> None:
        pass


def install() -> None:
    """From now on, import a name without a meaning in the place of TensorFlow."""
    sys.meta_path.insert(0, _AbsentPackages())


def _absent(name: str) -> type:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Absent(name, (), {})
