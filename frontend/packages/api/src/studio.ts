import { authorizedFetch, makeClient } from './client'
import { SessionKeeper } from './session'
import { Uploader } from './upload'

/** The one session, client and uploader of this page. */
export const session = new SessionKeeper()
export const client = makeClient(session)
export const sendAuthorized = authorizedFetch(session)
export const uploader = new Uploader({ client, session })
