import { chooseCloud, openSession } from '../adapters/openstack/index.ts'
import type { Environment } from './environment.ts'

export type CloudOptions = Readonly<{
  /** Name in clouds.yaml; by default that of OS_CLOUD, the OS_ variables, or the only one. */
  cloud?: string
  /** Where the OS_ variables and the home directory stand. */
  environment: Environment
  /** Where a clouds.yaml is looked for first. */
  workingDirectory: string
}>

/** A session that logs in when it is first used. Throws CLOUD_… where no cloud can be chosen. */
export function cloudSession(options: CloudOptions, systemScope?: string): ReturnType<typeof openSession> {
  return openSession(chooseCloud(options, options.cloud, systemScope))
}
