import auth from '@/features/auth/messages/en.json'
import create from '@/features/create/messages/en.json'
import home from '@/features/home/messages/en.json'
import library from '@/features/library/messages/en.json'
import notifications from '@/features/notifications/messages/en.json'
import progress from '@/features/progress/messages/en.json'
import settings from '@/features/settings/messages/en.json'
import share from '@/features/share/messages/en.json'
import usage from '@/features/usage/messages/en.json'
import video from '@/features/video/messages/en.json'
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
