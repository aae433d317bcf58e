"""The files that went either way. https://core.telegram.org/bots/api#getfile"""

from fakes.telegram.model import Json, Upload, bad


class Files:
    """The files that went either way, by the id that Telegram gives them."""

    def __init__(self) -> None:
        self._kept: dict[str, Upload] = {}

    def keep(self, upload: Upload) -> Json:
        id = next((id for id, one in self._kept.items() if one is upload), f"BQACAgIAAxkBAAN{len(self._kept):04d}")
        self._kept[id] = upload
        return {**_file_facts(id, upload), "file_name": upload.name, "mime_type": upload.type}

    def by_id(self, id: str) -> Upload:
        if id not in self._kept:
            raise bad("wrong file identifier/HTTP URL specified")
        return self._kept[id]

    def facts(self, id: str) -> Json:
        return {**_file_facts(id, self.by_id(id)), "file_path": f"documents/{id}"}

    def at(self, path: str) -> Upload | None:
        return self._kept.get(path.removeprefix("documents/"))


def _file_facts(id: str, upload: Upload) -> Json:
    return {"file_id": id, "file_unique_id": id[-8:], "file_size": len(upload.data)}
