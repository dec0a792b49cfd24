import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { BASIC_USER, ironicUrl } from './ironic.ts'
import { REGION } from './keystone.ts'
import type { Identity } from './keystone.ts'
import { writeSecret } from './prepared.ts'

/** Files that say how to log in, as openstacksdk reads them. */
export type CloudsFiles = Readonly<{ cloudsFile: string; secureFile: string }>

/** Which cloud of the file to take by default. */
export const CLOUD = 'lab'

/** Writes clouds.yaml, and secure.yaml with the passwords: clouds `lab`, `lab-standalone` and `lab-basic`. */
export function placeCloudsFiles(
  directory: string,
  address: string,
  identity: Identity,
  basicPassword: string | undefined,
): CloudsFiles {
  const cloudsFile = join(directory, 'clouds.yaml')
  const secureFile = join(directory, 'secure.yaml')
  const standalone = ironicUrl(address, 'none')
  const basic = ironicUrl(address, 'basic')
  const clouds = {
    [CLOUD]: {
      auth_type: 'password',
      auth: {
        auth_url: identity.authUrl,
        username: 'admin',
        project_name: 'admin',
        user_domain_name: 'Default',
        project_domain_name: 'Default',
      },
      region_name: REGION,
      identity_api_version: '3',
      interface: 'public',
    },
    'lab-standalone': {
      auth_type: 'none',
      auth: { endpoint: standalone },
      baremetal_endpoint_override: standalone,
    },
    ...(basicPassword === undefined
      ? {}
      : {
          'lab-basic': {
            auth_type: 'http_basic',
            auth: { endpoint: basic, username: BASIC_USER },
            baremetal_endpoint_override: basic,
          },
        }),
  }
  const secrets = {
    [CLOUD]: { auth: { password: identity.password } },
    ...(basicPassword === undefined ? {} : { 'lab-basic': { auth: { password: basicPassword } } }),
  }
  writeFileSync(cloudsFile, stringify({ clouds }))
  writeSecret(secureFile, stringify({ clouds: secrets }))
  return { cloudsFile, secureFile }
}
