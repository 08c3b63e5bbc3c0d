"""files.*: the upload in three steps that Slack has had since 2024."""

from sandbox.slack.errors import Refused
from sandbox.slack.methods.registry import Arguments, method
from sandbox.slack.people import BOT_USER
from sandbox.slack.state import Json
from sandbox.slack.workspace import SlackWorkspace


@method("files.getUploadURLExternal", "files:write")
def begin(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """An address to send one file to."""
    return ws.begin_upload(arguments.text("filename"), arguments.number("length", 0))


@method("files.completeUploadExternal", "files:write")
def complete(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """Make files of what was sent, and share them in a channel."""
    wanted = arguments.json("files")
    if not isinstance(wanted, list) or not all(isinstance(entry, dict) for entry in wanted):
        raise Refused("invalid_arguments")
    channel_id = None
    if arguments.get("channel_id"):
        channel = ws.channel(str(arguments["channel_id"]))
        if BOT_USER not in channel["members"]:
            raise Refused("not_in_channel")
        channel_id = channel["id"]
    thread = arguments.get("thread_ts")
    return {
        "files": ws.complete_upload(wanted, channel_id, arguments.get("initial_comment"), thread)
    }


@method("files.info", "files:read")
def info(ws: SlackWorkspace, arguments: Arguments) -> Json:
    """One file."""
    return {"file": ws.file(arguments.text("file", otherwise="file_not_found"))}
