import { glance, imageStore } from '../../../adapters/openstack/index.ts'
import type { ImageStore } from '../../../ports/index.ts'
import { cloudSession } from '../../cloud.ts'
import type { CloudOptions } from '../../cloud.ts'

/** Glance of a cloud, to push to. It logs in when it is first asked. Throws what says that no cloud can be chosen. */
export function openStore(options: CloudOptions): ImageStore {
  const session = cloudSession(options)
  return imageStore(session, glance(session))
}
