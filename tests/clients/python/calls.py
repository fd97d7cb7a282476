"""The manual's calls of the emulator's own API, with a client that openapi-python-client made from its document.

ORIGIN, the one argument, is that of a server. mypy checks the types, and `../check.py` runs it."""

import sys
from datetime import datetime, timezone
from typing import TypeVar

from assetmock_client import Client
from assetmock_client.api.assets import create_assets, delete_assets, get_asset, import_assets, list_assets, update_asset
from assetmock_client.api.clock import get_clock, update_clock, update_workspace_clock
from assetmock_client.api.emulator import get_health, list_providers
from assetmock_client.api.faults import create_fault, delete_faults, list_faults
from assetmock_client.api.journal import clear_journal, export_journal, read_journal, search_journal, verify_journal
from assetmock_client.api.keys import create_key, list_keys, update_key
from assetmock_client.api.snapshots import reset_emulator, restore_snapshot, save_snapshot
from assetmock_client.api.users_projects_and_folders import create_user, put_folder, put_project
from assetmock_client.api.workspaces import create_workspace, delete_workspace, list_workspaces, update_workspace
from assetmock_client.models import (
    AssetPatch,
    AssetStatus,
    ClockChange,
    ClockState,
    CreateAsset,
    CreateAssetIds,
    CreateAssets,
    CreateKey,
    CreateWorkspace,
    ErrorBody,
    Expectation,
    ExpectationQuery,
    Expectations,
    FailureName,
    FaultEffectFailure,
    FaultEffectPaging,
    FaultEffectRaw,
    FaultMatch,
    FaultRuleInput,
    FaultTriggerNext,
    FaultTriggerWord,
    Fixture,
    FixtureAsset,
    FixtureKey,
    FixtureWorkspace,
    FloraContentType,
    FolderPut,
    GenerateAssets,
    JournalFilter,
    JournalFilterQuery,
    JournalSearch,
    KeyPatch,
    KeyState,
    ListResponse,
    PagingFault,
    ProjectPut,
    ProviderName,
    RateWindow,
    RawResponse,
    User,
    Variants,
    WorkspacePatch,
)


T = TypeVar("T")


def done(answer: T | ErrorBody | None) -> T:
    """What was answered, unless that is an error."""
    assert answer is not None and not isinstance(answer, ErrorBody), answer
    return answer


def workspaces(client: Client) -> None:
    generated = CreateWorkspace(generate=GenerateAssets(count=237, seed=1))
    made = done(create_workspace.sync(client=client, body=generated))
    assert (made.assets, made.listed["flora"], made.strict) == (237, 233, False)
    assert made.keys["xqr"].startswith("xqr_pk_") and made.base_urls["flora"].endswith("/flora/api/v1")
    done(create_workspace.sync(client=client, body=CreateWorkspace(fixture="docs", workspace="ws_docs_konpro")))
    assets = [FixtureAsset(name="a.png", mime_type="image/png", created_at=datetime(2026, 3, 1, tzinfo=timezone.utc))]
    keys = [FixtureKey(provider=ProviderName.FLORA, key="sk_test_mine")]
    fixture = Fixture(workspaces=[FixtureWorkspace(id="ws_any", keys=keys, assets=assets)])
    done(create_workspace.sync(client=client, body=CreateWorkspace(id="ws_mine", fixture=fixture)))
    variants = Variants(flora_content_type=FloraContentType.MIME)
    copied = CreateWorkspace(id="ws_copy", copy="ws_mine", variants=variants)
    assert done(create_workspace.sync(client=client, body=copied)).assets == 1
    assert done(update_workspace.sync("ws_copy", client=client, body=WorkspacePatch(strict=True))).strict
    assert any(one.id == "ws_copy" for one in done(list_workspaces.sync(client=client)).workspaces)
    assert delete_workspace.sync_detailed("ws_copy", client=client).status_code == 204
    refused = create_workspace.sync(client=client, body=CreateWorkspace(copy="ws_copy"))
    assert isinstance(refused, ErrorBody) and refused.error.code == "not_found", refused


def contents(client: Client) -> None:
    done(create_user.sync("ws_mine", client=client, body=User(name="ada")))
    done(put_project.sync("ws_mine", "prj_launch", client=client, body=ProjectPut(name="Launch")))
    done(put_folder.sync("ws_mine", "folder_intro", client=client, body=FolderPut(name="Intros")))
    ids = CreateAssetIds()
    ids["flora"] = "asset_c"
    asset = CreateAsset(name="c.png", mime_type="image/png", uploader="ada", folder="folder_intro", ids=ids)
    [added] = done(create_assets.sync("ws_mine", client=client, body=CreateAssets(assets=[asset]))).assets
    assert (added.kind, added.created_at) == ("image", datetime(2026, 3, 21, 12, tzinfo=timezone.utc))
    assert len(done(list_assets.sync("ws_mine", client=client, limit=1)).assets) == 1
    patch = AssetPatch(status=AssetStatus.FAILED, project="prj_launch", folder=None)
    assert done(update_asset.sync("ws_mine", "asset_c", client=client, body=patch)).status == AssetStatus.FAILED
    assert done(get_asset.sync("ws_mine", "asset_c", client=client)).project == "prj_launch"
    listed = {"id": "asset_live", "name": "live.png", "file_type": "image", "folder_id": "", "created_ts": 1, "url": None}
    body = ListResponse.from_dict({"assets": [listed], "token": None, "has_more": False})
    assert done(import_assets.sync("ws_mine", ProviderName.KONPRO, client=client, body=body)).imported == 1
    assert done(delete_assets.sync("ws_mine", client=client, ids="asset_live")).removed == 1


def keys_and_clocks(client: Client) -> None:
    body = CreateKey(provider=ProviderName.KONPRO, key="konpro_two", limits=RateWindow(requests=2, seconds=60))
    assert done(create_key.sync("ws_mine", client=client, body=body)).state == KeyState.ACTIVE
    stepped = done(update_workspace_clock.sync("ws_mine", client=client, body=ClockChange(step_seconds=60)))
    assert (stepped.state, stepped.own) == (ClockState.FROZEN, True)
    revoked = done(update_key.sync("ws_mine", "konpro_two", client=client, body=KeyPatch(revoked=True)))
    assert revoked.state == KeyState.REVOKED
    assert "konpro_two" in [key.key for key in done(list_keys.sync("ws_mine", client=client)).keys]
    change = ClockChange(set_=datetime(2026, 3, 22, tzinfo=timezone.utc), step_seconds=-43200, frozen=True)
    assert done(update_clock.sync(client=client, body=change)).now == done(get_clock.sync(client=client)).now


def faults(client: Client) -> None:
    match = FaultMatch(workspace="ws_mine", provider=ProviderName.FLORA)
    failure = FaultEffectFailure(failure=FailureName.RATE_LIMITED)
    rule = FaultRuleInput(effect=failure, match=match, trigger=FaultTriggerNext(next_=2), retry_after=1)
    assert done(create_fault.sync(client=client, body=rule)).rule.trigger == FaultTriggerNext(next_=2)
    raw = FaultEffectRaw(raw=RawResponse(status=502, body="<h1>Bad Gateway</h1>"))
    always = done(create_fault.sync(client=client, body=FaultRuleInput(effect=raw, for_seconds=60)))
    assert always.rule.trigger == FaultTriggerWord.ALWAYS
    paging = FaultEffectPaging(paging=PagingFault.INSERT)
    assert done(create_fault.sync(client=client, body=FaultRuleInput(effect=paging, match=match))).active
    assert len(done(list_faults.sync(client=client, workspace="ws_mine")).faults) == 2
    assert done(delete_faults.sync(client=client)).removed == 3


def journal(client: Client) -> None:
    assert done(read_journal.sync(client=client, workspace="ws_mine", status="4xx")).entries == []
    query = JournalFilterQuery()
    query["limit"] = "500"
    search = JournalSearch(filter_=JournalFilter(workspace="ws_mine", status="4xx", query=query))
    assert done(search_journal.sync(client=client, body=search)).journal.dropped == 0
    expected = ExpectationQuery()
    expected["limit"] = "50"
    request = Expectation(provider=ProviderName.KONPRO, query=expected, count=1)
    verdict = done(
        verify_journal.sync(client=client, body=Expectations(scope=JournalFilter(workspace="ws_mine"), requests=[request]))
    )
    assert not verdict.ok and verdict.failures and verdict.failures[0].found == 0
    assert done(export_journal.sync(client=client, workspace="ws_mine")).log.version == "1.2"
    assert done(clear_journal.sync(client=client, workspace="ws_mine")).removed == 0


def snapshots(client: Client) -> None:
    assert done(save_snapshot.sync("before", client=client)).name == "before"
    assert restore_snapshot.sync_detailed("before", client=client).status_code == 204
    assert reset_emulator.sync_detailed(client=client).status_code == 204


def main(origin: str) -> None:
    client = Client(base_url=origin)
    assert done(get_health.sync(client=client)).status == "ready"
    assert len(done(list_providers.sync(client=client)).providers) == len(ProviderName)
    for part in (workspaces, contents, keys_and_clocks, faults, journal, snapshots):
        part(client)
        print(f"{part.__name__}: good")


if __name__ == "__main__":
    main(sys.argv[1])
