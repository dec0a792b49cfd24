import type { FlagTable, FlagValues } from './command.ts'

export const CLOUD_FLAGS = {
  cloud: {
    kind: 'text',
    placeholder: 'NAME',
    help: 'Use this cloud of clouds.yaml; by default OS_CLOUD, the other OS_ variables, or the only cloud',
  },
} as const satisfies FlagTable

/** Which cloud is meant, and where this process looks for it. */
export function cloudOptions({ cloud }: FlagValues<typeof CLOUD_FLAGS>) {
  return {
    environment: process.env,
    workingDirectory: process.cwd(),
    ...(cloud === undefined ? {} : { cloud }),
  }
}
