"""Click with Chinese headings and error messages, and commands that are imported only when called."""

import re
from collections.abc import Mapping
from importlib import import_module

import click


class ChineseCommand(click.Command):
    """A command whose help is all Chinese."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        pieces = [p.replace("[OPTIONS]", "[选项]") for p in self.collect_usage_pieces(ctx)]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="用法： ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of options."""
        records = [r for r in (p.get_help_record(ctx) for p in self.get_params(ctx)) if r is not None]
        if records:
            with formatter.section("选项"):
                formatter.write_dl(records)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the help option, explained in Chinese."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示本帮助并退出。"
        return option


class ChineseGroup(ChineseCommand, click.Group):
    """A group of Chinese commands."""

    command_class = ChineseCommand

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the user named, or say in Chinese that there is none."""
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            ctx.fail(f"没有命令“{args[0]}”。")
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands with the first line of each one's help."""
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None:
                rows.append((name, command.get_short_help_str(limit=100)))
        with formatter.section("命令"):
            formatter.write_dl(rows)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the usage with a Chinese word for the command's place."""
        return [p.replace("COMMAND [ARGS]...", "命令 …") for p in super().collect_usage_pieces(ctx)]


class LazyGroup(ChineseGroup):
    """A group that knows only names and one-line helps of its commands until one of them is called."""

    def __init__(self, *args: object, lazy: Mapping[str, tuple[str, str]], **kwargs: object) -> None:
        """Take `lazy`: for each command its «module:attribute» and its one-line help."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through to click as they came
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in their declared order."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return the command."""
        if cmd_name not in self._lazy:
            return None
        module, attribute = self._lazy[cmd_name][0].split(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{cmd_name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing any."""
        with formatter.section("命令"):
            formatter.write_dl([(name, text) for name, (_, text) in self._lazy.items()])


def explain(error: click.ClickException) -> str:
    """Return click's error as one Chinese line."""
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}。用 --help 查看可用的选项。"
    if isinstance(error, click.BadOptionUsage):
        return f"选项 {error.option_name} 缺少值，或不该带值。用 --help 查看用法。"
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return "请写明子命令。用 --help 查看有哪些。"
    if isinstance(error, click.MissingParameter):
        name = error.param.get_error_hint(error.ctx) if error.param and error.ctx else ""
        return f"缺少参数 {name}。用 --help 查看用法。"
    if isinstance(error, click.BadParameter):
        name = error.param.name if error.param else ""
        return f"参数 {name} 的值不对：{error.message} 用 --help 查看用法。"
    if isinstance(error, click.UsageError):
        surplus = re.search(r"unexpected extra arguments? \((.*)\)", error.message)
        what = f"多余的参数“{surplus[1]}”。" if surplus else error.message
        return f"用法有误：{what}用 --help 查看用法。"
    return error.format_message()
