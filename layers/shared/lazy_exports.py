"""Make packages load their re-exports on first use (PEP 562): ``python lazy_exports.py <package folder>...``.

Powertools' ``event_handler`` and ``data_classes`` load a class for every service of AWS, and asyncio with them, when
one is imported: a seventh of a cold start. Only an ``__init__.py`` that does nothing but re-export is rewritten.
"""

import ast
import sys
from pathlib import Path
from typing import TypeGuard

_TAIL = """

def __getattr__(name):
    try:
        module, attribute = _EXPORTS[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    from importlib import import_module

    value = globals()[name] = getattr(import_module(module, __name__), attribute)
    return value
"""


class NotOnlyExports(Exception):
    """The package does something else too; the message says in which line."""


def main() -> None:
    for folder in sys.argv[1:]:
        source = Path(folder) / "__init__.py"
        source.write_text(rewritten(source.read_text(), _submodules(source.parent)))


def rewritten(source: str, submodules: set[str]) -> str:
    """``source`` of an ``__init__.py`` with its imports on demand.

    A name that a submodule has too stays imported, because its meaning depends on the order of imports. Raises
    NotOnlyExports.
    """
    kept: list[str] = []
    exports: dict[str, tuple[str, str]] = {}
    for statement in ast.parse(source).body:
        if _is_import_of_names(statement):
            exports |= _exports(statement, submodules)
            statement.names = [alias for alias in statement.names if _exported(alias) in submodules]
        elif not _is_text(statement) and not _is_all(statement):
            raise NotOnlyExports(f"line {statement.lineno}: {ast.unparse(statement)[:80]}")
        if not isinstance(statement, ast.ImportFrom) or statement.names:
            kept.append(ast.unparse(statement))
    return "\n\n".join([*kept, f"_EXPORTS = {exports!r}"]) + _TAIL


def _is_import_of_names(statement: ast.stmt) -> TypeGuard[ast.ImportFrom]:
    return isinstance(statement, ast.ImportFrom) and bool(statement.module) and statement.names[0].name != "*"


def _exports(statement: ast.ImportFrom, submodules: set[str]) -> dict[str, tuple[str, str]]:
    """Exported name -> the module and the name there, without those of submodules."""
    module = "." * statement.level + str(statement.module)
    lazy = [alias for alias in statement.names if _exported(alias) not in submodules]
    return {_exported(alias): (module, alias.name) for alias in lazy}


def _exported(alias: ast.alias) -> str:
    return alias.asname or alias.name


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_all(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__"


def _submodules(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir()} - {"__init__"}


if __name__ == "__main__":
    main()
