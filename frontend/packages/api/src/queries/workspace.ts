import { queryOptions } from '@tanstack/react-query'
import { bodyOf } from '../client'
import type { NetworksChange, NewApiToken, NewInvitation, WorkspaceDeletion, WorkspaceRef } from '../schema'
import { client, session } from '../studio'
import { keys } from './keys'
import { pagesOf } from './pages'

type Role = WorkspaceRef['role']

/** The workspace of the access token: its people, tokens, networks and audit log. */
export const workspace = {
  detail: () =>
    queryOptions({
      queryKey: keys.workspace.detail,
      queryFn: ({ signal }) => bodyOf(client.GET('/api/v1/workspace', { signal })),
    }),
  members: () =>
    pagesOf(keys.workspace.members, (query, signal) =>
      bodyOf(client.GET('/api/v1/members', { params: { query }, signal })),
    ),
  invitations: () =>
    pagesOf(keys.workspace.invitations, (query, signal) =>
      bodyOf(client.GET('/api/v1/invitations', { params: { query }, signal })),
    ),
  apiTokens: () =>
    pagesOf(keys.workspace.apiTokens, (query, signal) =>
      bodyOf(client.GET('/api/v1/api-tokens', { params: { query }, signal })),
    ),
  networks: () =>
    queryOptions({
      queryKey: keys.workspace.networks,
      queryFn: ({ signal }) => bodyOf(client.GET('/api/v1/workspace/networks', { signal })),
    }),
  audit: () =>
    pagesOf(keys.workspace.audit, (query, signal) =>
      bodyOf(client.GET('/api/v1/audit', { params: { query }, signal })),
    ),
  auditVerification: () =>
    queryOptions({
      queryKey: keys.workspace.auditVerification,
      queryFn: ({ signal }) => bodyOf(client.GET('/api/v1/audit/verification', { signal })),
    }),

  create: (name: string) => bodyOf(client.POST('/api/v1/workspaces', { body: { name } })),
  /** Goes on in another workspace; what was read of the one before must be dropped from the cache. */
  enter: (workspaceId: string) => session.refresh(workspaceId),
  /** After this one was left or deleted: on in another; the studio makes one for who has none left. */
  enterAny: () => session.refresh(null),
  rename: async (name: string) => {
    const renamed = await bodyOf(client.PATCH('/api/v1/workspace', { body: { name } }))
    const withName = (ref: WorkspaceRef) => (ref.id === renamed.id ? { ...ref, name: renamed.name } : ref)
    session.amend((current) => ({
      ...current,
      workspace: withName(current.workspace),
      workspaces: current.workspaces.map(withName),
    }))
    return renamed
  },
  remove: (body: WorkspaceDeletion) => bodyOf(client.DELETE('/api/v1/workspace', { body })),

  changeRole: (user_id: string, role: Role) =>
    bodyOf(client.PATCH('/api/v1/members/{user_id}', { params: { path: { user_id } }, body: { role } })),
  removeMember: (user_id: string) =>
    bodyOf(client.DELETE('/api/v1/members/{user_id}', { params: { path: { user_id } } })),
  invite: (body: NewInvitation) => bodyOf(client.POST('/api/v1/invitations', { body })),
  withdrawInvitation: (invitation_id: string) =>
    bodyOf(client.DELETE('/api/v1/invitations/{invitation_id}', { params: { path: { invitation_id } } })),
  acceptInvitation: (token: string) => bodyOf(client.POST('/api/v1/invitations/accept', { body: { token } })),
  createApiToken: (body: NewApiToken) => bodyOf(client.POST('/api/v1/api-tokens', { body })),
  revokeApiToken: (token_id: string) =>
    bodyOf(client.DELETE('/api/v1/api-tokens/{token_id}', { params: { path: { token_id } } })),
  changeNetworks: (body: NetworksChange) => bodyOf(client.PUT('/api/v1/workspace/networks', { body })),
}
