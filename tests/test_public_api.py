import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import typing
from importlib import resources
from pathlib import Path

import pytest

import loyalkit

HERE = Path(loyalkit.__file__).parent
OPTIONAL = {"frames", "plots"}
DEPENDENCIES = {"attr", "attrs", "numpy", "typing_extensions"}

MODULES = [module.name for module in pkgutil.iter_modules(loyalkit.__path__)]
PUBLIC_MODULES = [name for name in MODULES if not name.startswith("_") and name not in OPTIONAL]
PUBLIC = {name: getattr(loyalkit, name) for name in loyalkit.__all__ if name != "__version__"}


def is_alias(statement):
    """Whether it names a type for annotations rather than an object to work with."""
    if isinstance(statement, ast.AnnAssign):
        return ast.unparse(statement.annotation).endswith("TypeAlias")
    return isinstance(statement.value, ast.Call) and "TypeVar" in ast.unparse(statement.value.func)


def defined_names(module):
    """What a module says is public, or else all functions, classes and constants of its own."""
    told = getattr(importlib.import_module(f"loyalkit.{module}"), "__all__", None)
    if told is not None:
        return set(told)
    source = Path(importlib.import_module(f"loyalkit.{module}").__file__).read_text("utf-8")
    names = set()
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Assign | ast.AnnAssign) and not is_alias(statement):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def names_in_the_stub():
    """Names that type checkers read, and the module that each comes from."""
    stub = ast.parse((HERE / "__init__.pyi").read_text("utf-8"))
    imports = [line for line in stub.body if isinstance(line, ast.ImportFrom)]
    return {alias.asname: line.module for line in imports for alias in line.names}


def written_functions(found):
    """A function, or the methods and properties of a class, as far as somebody wrote them."""
    for member in vars(found).values() if inspect.isclass(found) else [found]:
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        if inspect.isfunction(function) and Path(function.__code__.co_filename).parent == HERE:
            yield function


def run_in_a_fresh_interpreter(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


class TestNames:
    @pytest.mark.parametrize("module", PUBLIC_MODULES)
    def test_every_public_name_is_re_exported(self, module):
        missing = defined_names(module) - set(loyalkit.__all__)
        assert not missing, f"re-export, or leave out of __all__: {sorted(missing)}"

    @pytest.mark.parametrize("module", PUBLIC_MODULES)
    def test_a_module_without_public_names_begins_with_an_underscore(self, module):
        assert defined_names(module)

    def test_all_is_sorted_and_holds_no_name_twice(self):
        assert loyalkit.__all__ == sorted(set(loyalkit.__all__))

    def test_type_checkers_read_the_same_names_from_the_same_modules(self):
        rooms = loyalkit._ROOM_OF
        assert names_in_the_stub() == {name: f"loyalkit.{room}" for name, room in rooms.items()}

    def test_no_name_is_also_that_of_a_module(self):
        # Importing the module would put it where the name is expected.
        assert not set(loyalkit.__all__) & set(MODULES)

    def test_lists_every_name(self):
        assert set(loyalkit.__all__) <= set(dir(loyalkit))

    def test_an_unknown_name_is_an_attribute_error(self):
        assert not hasattr(loyalkit, "retention_rat")
        with pytest.raises(ImportError, match="cannot import name 'retention_rat'"):
            exec("from loyalkit import retention_rat")

    def test_every_name_exists_and_is_defined_in_one_public_module(self):
        homes = {name: [] for name in PUBLIC}
        for module in PUBLIC_MODULES:
            for name in defined_names(module) & set(homes):
                homes[name].append(module)
        assert [name for name, modules in homes.items() if len(modules) != 1] == []
        for name, (module,) in homes.items():
            assert getattr(importlib.import_module(f"loyalkit.{module}"), name) is PUBLIC[name]

    @pytest.mark.parametrize("name", PUBLIC)
    def test_has_a_docstring_and_type_hints_that_can_be_evaluated(self, name):
        found = PUBLIC[name]
        if not (inspect.isfunction(found) or inspect.isclass(found)):
            return
        assert inspect.getdoc(found)
        assert typing.get_type_hints(found) is not None
        for function in written_functions(found):
            hints = typing.get_type_hints(function)
            arguments = set(inspect.signature(function).parameters) - {"self", "cls"}
            assert {"return", *arguments} <= set(hints), function.__qualname__


class TestImport:
    def test_loads_nothing_but_the_dependencies(self):
        modules = ", ".join(f"loyalkit.{name}" for name in MODULES if name not in OPTIONAL)
        loaded = run_in_a_fresh_interpreter(
            f"import sys; before = set(sys.modules); import loyalkit, {modules}\n"
            "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
        )
        # NumPy's compiled parts bring a module that Cython names.
        others = {name for name in loaded if not re.match(r"_?cython_", name)}
        assert others - sys.stdlib_module_names - DEPENDENCIES == {"loyalkit"}

    def test_opens_a_room_only_for_a_name_in_it(self):
        loaded = run_in_a_fresh_interpreter(
            "import sys, loyalkit; print(*sys.modules, 'then')\n"
            "loyalkit.Segment; print(*sys.modules)"
        )
        before, after = loaded[: loaded.index("then")], loaded[loaded.index("then") :]
        assert [name for name in before if name.startswith(("loyalkit.", "numpy", "attr"))] == []
        assert "loyalkit.kinds" in after
        assert "loyalkit.transactions" not in after

    def test_a_star_gives_every_name(self):
        given = run_in_a_fresh_interpreter("from loyalkit import *; print(*globals())")
        assert set(loyalkit.__all__) <= set(given)

    def test_optional_modules_are_not_loaded(self):
        loaded = run_in_a_fresh_interpreter("import sys, loyalkit; print(*sys.modules)")
        assert not {f"loyalkit.{name}" for name in OPTIONAL} & set(loaded)


class TestPackage:
    def test_version_is_a_plain_one(self):
        assert re.fullmatch(r"\d+\.\d+\.\d+", loyalkit.__version__)

    def test_tells_type_checkers_that_it_is_typed(self):
        assert (resources.files("loyalkit") / "py.typed").is_file()
