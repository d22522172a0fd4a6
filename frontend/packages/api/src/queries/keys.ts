/** Where the query cache keeps what. A prefix (`all`, `lists`) names everything under it. */
export const keys = {
  account: {
    all: ['account'],
    me: ['account', 'me'],
    sessions: ['account', 'sessions'],
    factors: ['account', 'factors'],
  },
  workspace: {
    all: ['workspace'],
    detail: ['workspace', 'detail'],
    members: ['workspace', 'members'],
    invitations: ['workspace', 'invitations'],
    apiTokens: ['workspace', 'api-tokens'],
    networks: ['workspace', 'networks'],
    audit: ['workspace', 'audit'],
    auditVerification: ['workspace', 'audit-verification'],
  },
  connections: {
    all: ['connections'],
    list: ['connections', 'list'],
    connectors: ['connections', 'connectors'],
  },
  billing: {
    all: ['billing'],
    plans: ['billing', 'plans'],
    subscription: ['billing', 'subscription'],
    quotas: ['billing', 'quotas'],
  },
  storyboards: {
    all: ['storyboards'],
    lists: ['storyboards', 'list'],
    detail: (id: string) => ['storyboards', 'detail', id],
    versions: (id: string) => ['storyboards', 'versions', id],
    version: (id: string, version: number) => ['storyboards', 'version', id, version],
    estimate: (id: string, version?: number) => ['storyboards', 'estimate', id, version ?? null],
  },
  jobs: {
    all: ['jobs'],
    lists: ['jobs', 'list'],
    list: (filters: object) => ['jobs', 'list', filters],
    detail: (id: string) => ['jobs', 'detail', id],
  },
  videos: {
    all: ['videos'],
    lists: ['videos', 'list'],
    list: (filters: object) => ['videos', 'list', filters],
    detail: (id: string) => ['videos', 'detail', id],
    films: (id: string) => ['videos', 'films', id],
    shares: (id: string) => ['videos', 'shares', id],
  },
  assets: {
    all: ['assets'],
    list: (filters: object) => ['assets', 'list', filters],
    detail: (id: string) => ['assets', 'detail', id],
  },
  choices: {
    voices: (language?: string) => ['choices', 'voices', language ?? null],
    samples: (filters: object) => ['choices', 'samples', filters],
  },
  notifications: {
    all: ['notifications'],
    list: (filters: object) => ['notifications', 'list', filters],
    unread: ['notifications', 'unread'],
    preferences: ['notifications', 'preferences'],
  },
  usage: { all: ['usage'], range: (from: string, to: string) => ['usage', from, to] },
  shared: (token: string) => ['shared', token],
} as const
