import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { prepare } from '../openstack/prepared.ts'
import { REPOSITORY } from '../paths.ts'
import { must } from '../run.ts'

const RECIPE = join(REPOSITORY, 'images/deploy-ramdisk')

/**
 * Directory of the ramdisk with which Anneal's own conductor deploys machines, built by `anneal metal ramdisk` where it is
 * missing or its scripts changed. Fetches a kernel and packages from Debian.
 */
export function conductorRamdisk(
  { architecture, suite }: Readonly<{ architecture: 'amd64' | 'arm64'; suite?: string }> = {
    architecture: 'amd64',
  },
): Promise<string> {
  return prepare({
    name: architecture === 'amd64' ? 'conductor-ramdisk' : `conductor-ramdisk-${architecture}`,
    inputs: readdirSync(RECIPE)
      .toSorted()
      .map((file) => readFileSync(join(RECIPE, file), 'utf8')),
    async make(directory) {
      const program = [process.execPath, join(REPOSITORY, 'src/cli/main.ts')]
      await must('build the deploy ramdisk', [
        ...program,
        'metal',
        'ramdisk',
        directory,
        '--architecture',
        architecture,
        ...(suite === undefined ? [] : ['--suite', suite]),
      ])
    },
  })
}
