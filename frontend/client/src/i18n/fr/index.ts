import auth from '@/features/auth/messages/fr.json'
import create from '@/features/create/messages/fr.json'
import home from '@/features/home/messages/fr.json'
import library from '@/features/library/messages/fr.json'
import notifications from '@/features/notifications/messages/fr.json'
import progress from '@/features/progress/messages/fr.json'
import settings from '@/features/settings/messages/fr.json'
import share from '@/features/share/messages/fr.json'
import usage from '@/features/usage/messages/fr.json'
import video from '@/features/video/messages/fr.json'
import common from './common.json'
import errors from './errors.json'

export const resources = {
  auth,
  common,
  create,
  errors,
  home,
  library,
  notifications,
  progress,
  settings,
  share,
  usage,
  video,
}
