"""Uploaded files: the address to send them to, their bytes, and where they are shared."""

import base64
import mimetypes
from typing import Any

import clock
from sandbox.slack.errors import Refused
from sandbox.slack.people import BOT_USER
from sandbox.slack.state import Json
from sandbox.slack.views import Views

MOST_BYTES = 12 * 1024 * 1024
"""The sandbox keeps files in its state, so it takes less than Slack's 1 GB."""


class Files(Views):
    """The three steps of an upload: ask for an address, send the bytes, share."""

    def file(self, file_id: str) -> Json:
        """A file's public facts. Raises `Refused("file_not_found")`."""
        kept: Json | None = self.table("files").get(file_id)
        if kept is None:
            raise Refused("file_not_found")
        return kept

    def begin_upload(self, filename: str, length: int) -> Json:
        """`files.getUploadURLExternal`: a one-time address and the id that the file will have."""
        if length <= 0 or length > MOST_BYTES:
            raise Refused("file_upload_size_restricted" if length > 0 else "invalid_arguments")
        file_id, secret = self.new_id("F"), self.new_secret()
        self.table("uploads")[secret] = {"file": file_id, "name": filename, "length": length}
        self.changed()
        return {"upload_url": f"{self.public_url}/upload/v1/{secret}", "file_id": file_id}

    def take_upload(self, secret: str, content: bytes) -> None:
        """Keep the bytes sent to an upload address. Raises `Refused`."""
        upload: Json | None = self.table("uploads").get(secret)
        if upload is None:
            raise Refused("not_found")
        if len(content) != upload["length"]:
            raise Refused("size_mismatch")
        upload["content"] = base64.b64encode(content).decode()
        self.changed()

    def complete_upload(
        self, wanted: list[Any], channel_id: str | None, words: str | None, thread: str | None
    ) -> list[Json]:
        """`files.completeUploadExternal`: make files of uploads and share them in one message."""
        done: list[Json] = []
        uploads = self.table("uploads")
        for entry in wanted:
            secret = next((s for s, u in uploads.items() if u["file"] == entry.get("id")), None)
            if secret is None or "content" not in uploads[secret]:
                raise Refused("file_not_found")
            upload = uploads.pop(secret)
            kept = self._file(upload, entry.get("title"), BOT_USER)
            self.table("files")[upload["file"]] = kept
            self.table("file_contents")[upload["file"]] = upload["content"]
            done.append(kept)
        if channel_id:
            content: Json = {"text": words or "", "files": done, "thread_ts": thread}
            self.post(channel_id, content)
        self.changed()
        return done

    def attach(self, user: str, name: str, content: bytes) -> Json:
        """A file that a person chooses in a form, uploaded before the form is sent."""
        if not content or len(content) > MOST_BYTES:
            raise Refused("file_upload_size_restricted")
        upload: Json = {"file": self.new_id("F"), "name": name, "length": len(content)}
        kept = self._file(upload, None, self.user(user)["id"])
        self.table("files")[kept["id"]] = kept
        self.table("file_contents")[kept["id"]] = base64.b64encode(content).decode()
        self.changed()
        return kept

    def with_files(self, values: Json) -> Json:
        """Form values in which each file stands with its facts, as apps get them."""
        for fields in values.values():
            for held in fields.values():
                if held["type"] == "file_input":
                    held["files"] = [
                        each if isinstance(each, dict) else self.file(each)
                        for each in held["files"]
                    ]
        return values

    def file_content(self, file_id: str) -> bytes:
        """The bytes of a file. Raises `Refused("file_not_found")`."""
        kept = self.table("file_contents").get(file_id)
        if kept is None:
            raise Refused("file_not_found")
        return base64.b64decode(kept)

    def _file(self, upload: Json, title: str | None, user: str) -> Json:
        name, file_id = upload["name"], upload["file"]
        seconds = int(clock.timestamp())
        address = f"{self.public_url}/files/{file_id}"
        return {
            "id": file_id,
            "name": name,
            "title": title or name,
            "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream",
            "filetype": name.rpartition(".")[2].lower() if "." in name else "binary",
            "size": upload["length"],
            "created": seconds,
            "timestamp": seconds,
            "mode": "hosted",
            "is_external": False,
            "user": user,
            "url_private": address,
            "url_private_download": address,
            "permalink": address,
        }
