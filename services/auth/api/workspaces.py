"""/workspaces, /members, /invitations, /api-tokens: who works together, and in what roles."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response, status

from contracts.permissions import Scope
from kernel.auth import Caller, require
from kernel.errors import NotFound, RateLimited
from kernel.http import api_router, problems
from kernel.http.pages import Page, PageQuery
from services.auth import api_tokens, errors, invitations, members, networks, workspaces
from services.auth.api.common import Service
from services.auth.api.me import Person
from services.auth.schemas import (
    ApiTokenOut,
    InvitationAccept,
    InvitationOut,
    MemberOut,
    NetworksChange,
    NetworksOut,
    NewApiToken,
    NewApiTokenOut,
    NewInvitation,
    RoleChange,
    WorkspaceDeletion,
    WorkspaceName,
    WorkspaceOut,
    WorkspaceRef,
    WorkspacesOut,
)

router = api_router("auth")

Member = Annotated[Caller, Depends(require())]
MembersRead = Annotated[Caller, Depends(require(Scope.MEMBERS_READ))]
MembersWrite = Annotated[Caller, Depends(require(Scope.MEMBERS_WRITE))]
WorkspaceWrite = Annotated[Caller, Depends(require(Scope.WORKSPACE_WRITE))]
TokensWrite = Annotated[Caller, Depends(require(Scope.TOKENS_WRITE))]
Paging = Annotated[PageQuery, Depends()]


@router.get("/workspaces")
async def list_workspaces(caller: Person, auth: Service) -> WorkspacesOut:
    """The workspaces you are a member of."""
    return await workspaces.of_person(auth, caller.user_id)


@router.post("/workspaces", status_code=status.HTTP_201_CREATED, responses=problems(RateLimited))
async def create_workspace(body: WorkspaceName, caller: Person, auth: Service) -> WorkspaceRef:
    """A new workspace, owned by you. Go on in it with POST /auth/refresh."""
    return await workspaces.create(auth, caller, body.name)


@router.get("/workspace")
async def workspace(caller: Member, auth: Service) -> WorkspaceOut:
    """The workspace of the access token."""
    return await workspaces.read(auth, caller.tenant)


@router.patch("/workspace")
async def rename_workspace(body: WorkspaceName, caller: WorkspaceWrite, auth: Service) -> WorkspaceOut:
    """Give the workspace another name."""
    return await workspaces.rename(auth, caller.tenant, body.name)


@router.delete(
    "/workspace",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problems(errors.WrongPassword, errors.NameMismatch, RateLimited),
)
async def delete_workspace(body: WorkspaceDeletion, person: Person, caller: WorkspaceWrite, auth: Service) -> None:
    """Delete the workspace with all its videos, keys and members. Access ends at once."""
    await workspaces.delete(auth, caller, body)


@router.get("/members")
async def list_members(caller: MembersRead, page: Paging, auth: Service) -> Page[MemberOut]:
    """Who belongs to the workspace, by the time they joined."""
    return await members.listed(auth, caller.tenant, page)


@router.patch("/members/{user_id}", responses=problems(NotFound, errors.CannotGrantRole, errors.LastOwner))
async def change_role(user_id: UUID, body: RoleChange, caller: MembersWrite, auth: Service) -> MemberOut:
    """Give a member another role."""
    return await members.change_role(auth, caller, user_id, body.role)


@router.delete(
    "/members/{user_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(NotFound, errors.CannotGrantRole, errors.LastOwner),
)
async def remove_member(user_id: UUID, caller: Member, auth: Service) -> None:
    """Remove a member, or leave (your own id; any role may). Access ends within five seconds."""
    await members.remove(auth, caller, user_id)


@router.get("/invitations")
async def list_invitations(caller: MembersRead, page: Paging, auth: Service) -> Page[InvitationOut]:
    """Invitations that wait for an answer, the latest first."""
    return await invitations.listed(auth, caller.tenant, page)


@router.post(
    "/invitations",
    status_code=status.HTTP_201_CREATED,
    responses=problems(errors.InvalidEmail, errors.CannotGrantRole, errors.AlreadyMember, RateLimited),
)
async def invite(body: NewInvitation, caller: MembersWrite, auth: Service) -> InvitationOut:
    """Invite somebody by letter, in a role no higher than yours. Inviting again sends a new letter."""
    return await invitations.invite(auth, caller, body)


@router.delete("/invitations/{invitation_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotFound))
async def withdraw_invitation(invitation_id: UUID, caller: MembersWrite, auth: Service) -> None:
    """Take an invitation back."""
    await invitations.withdraw(auth, caller.tenant, invitation_id)


@router.post("/invitations/accept", responses=problems(errors.InvalidOrExpiredToken, errors.InviteMismatch))
async def accept_invitation(body: InvitationAccept, caller: Person, auth: Service) -> WorkspaceRef:
    """Join, signed in with the address that was invited. Go on there with POST /auth/refresh."""
    return await invitations.accept(auth, caller.user_id, body.token)


@router.get("/api-tokens")
async def list_api_tokens(caller: TokensWrite, page: Paging, auth: Service) -> Page[ApiTokenOut]:
    """Tokens for programs, the latest first. What a token is, is never shown again."""
    return await api_tokens.listed(auth, caller.tenant, page)


@router.post("/api-tokens", status_code=status.HTTP_201_CREATED, responses=problems(errors.CannotGrantScope))
async def create_api_token(
    body: NewApiToken, response: Response, person: Person, caller: TokensWrite, auth: Service
) -> NewApiTokenOut:
    """A token for programs with some of your permissions. It is shown this once, and ends after 90 days if not said."""
    response.headers["Cache-Control"] = "no-store"
    return await api_tokens.create(auth, caller, body)


@router.delete("/api-tokens/{token_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotFound))
async def revoke_api_token(token_id: UUID, caller: TokensWrite, auth: Service) -> None:
    """End a token. Its access ends within five seconds."""
    await api_tokens.revoke(auth, caller.tenant, token_id)


@router.get("/workspace/networks")
async def read_networks(caller: WorkspaceWrite, auth: Service) -> NetworksOut:
    """From where the workspace may be used, and your own address."""
    return await networks.read(auth, caller)


@router.put("/workspace/networks", responses=problems(errors.InvalidCidr, errors.WouldLockYouOut))
async def change_networks(body: NetworksChange, caller: WorkspaceWrite, auth: Service) -> NetworksOut:
    """Say from where the workspace may be used. A list without your own address needs `force`."""
    return await networks.change(auth, caller, body)
