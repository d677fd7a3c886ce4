"""Reads and writes a whole project: its files as skeletons, its content as items, nothing lost in between."""

from talkwright.assistant.project.bodies import body_of, make_item
from talkwright.assistant.project.joining import close_gap
from talkwright.assistant.project.placing import Placement, fit, place_new_item, rename_refs
from talkwright.assistant.project.reading import item_problems, kept_unread, read_contents, read_project
from talkwright.assistant.project.talks import located, talks_of
from talkwright.assistant.project.values import (
    Limits,
    PartRef,
    Project,
    ProjectFile,
    ProjectRefusedError,
    Style,
    map_refs,
    skeleton_from_json,
    skeleton_to_json,
    style_from_json,
    style_to_json,
)
from talkwright.assistant.project.writing import missing_parts, to_tar_gz, to_zip, write_file, write_project

__all__ = [
    "Limits",
    "PartRef",
    "Placement",
    "Project",
    "ProjectFile",
    "ProjectRefusedError",
    "Style",
    "body_of",
    "close_gap",
    "fit",
    "item_problems",
    "kept_unread",
    "located",
    "make_item",
    "map_refs",
    "missing_parts",
    "place_new_item",
    "read_contents",
    "read_project",
    "rename_refs",
    "skeleton_from_json",
    "skeleton_to_json",
    "style_from_json",
    "style_to_json",
    "talks_of",
    "to_tar_gz",
    "to_zip",
    "write_file",
    "write_project",
]
