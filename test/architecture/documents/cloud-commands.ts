import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT } from '../../../src/core/index.ts'
import { ROOT } from '../../../scripts/source/index.ts'
import type { FakeOpenStack } from './fake-openstack.ts'
import { runCommand, runCommandUntil } from './run-command.ts'
import type { Ran } from './run-command.ts'
import type { Scenario } from './scenario.ts'

const IMAGE = join(ROOT, 'test/fixtures/images/small-system.img.zst')

const INVENTORY = `nodes:
  - name: node0
    driver: fake
    resource_class: metal
    properties: { local_gb: 3 }
    ports: ['52:54:00:12:34:56']
    traits: [CUSTOM_SSD]
`

/** Commands on machines and images of a cloud, one after the other. */
export function cloudScenarios(directory: string, cloud: FakeOpenStack): readonly Scenario[] {
  const inventory = join(directory, 'inventory.yaml')
  writeFileSync(inventory, INVENTORY)
  const state = ['--state', join(directory, 'state')]
  const on = (name: string, words: readonly string[], exit: number = EXIT.ok): Scenario => ({
    name,
    exit,
    run: () => within(cloud.environment, () => runCommand(...words)),
  })
  const pair = ['--kernel', 'http://web/vmlinuz', '--ramdisk', 'http://web/initrd', '--route', 'ramdisk']
  const deploy = ['metal', 'deploy', 'node0', ...pair, '--karg', 'quiet', '--ready', 'active', ...state]
  return [
    on('metal status of a cloud without a machine', ['metal', 'status']),
    on('metal enroll --dry-run', ['metal', 'enroll', inventory, '--dry-run']),
    on('metal enroll', ['metal', 'enroll', inventory]),
    on('metal inspect', ['metal', 'inspect', 'node0']),
    on('metal inspect --dry-run', ['metal', 'inspect', 'node0', '-n']),
    on('metal provide --dry-run', ['metal', 'provide', 'node0', '-n']),
    on('metal provide', ['metal', 'provide', 'node0']),
    on('metal provide of a machine that is not there', ['metal', 'provide', 'node9'], EXIT.usage),
    on('metal deploy --dry-run', [...deploy, '--dry-run']),
    {
      ...on('metal deploy', deploy),
      kept: () =>
        readdirSync(join(directory, 'state'), { recursive: true, encoding: 'utf8' })
          .filter((path) => path.endsWith('.json'))
          .map((path) => ({ text: readFileSync(join(directory, 'state', path), 'utf8') })),
    },
    on('metal status of a machine that is deployed', ['metal', 'status', 'node0']),
    {
      name: 'metal watch',
      run: (): Promise<Ran> => {
        const enough = new AbortController()
        let looks = 0
        cloud.onLook = () => {
          looks += 1
          if (looks === 2) enough.abort()
        }
        return within(cloud.environment, () => runCommandUntil(enough.signal, 'metal', 'watch', 'node0'))
      },
    },
    on('metal undeploy', ['metal', 'undeploy', 'node0']),
    on('image push --dry-run', ['image', 'push', IMAGE, '--name', 'small', '--dry-run']),
    on('image push', ['image', 'push', IMAGE, '--name', 'small']),
    on('image push of another one', ['image', 'push', IMAGE, '--name', 'small', '--karg', 'quiet']),
    {
      name: 'image push beside one that is still under way',
      run: (): Promise<Ran> => {
        cloud.holdNewestImage()
        return within(cloud.environment, () =>
          runCommand('image', 'push', IMAGE, '--name', 'small', '--karg', 'quiet'),
        )
      },
    },
    on('image list', ['image', 'list']),
    on('image prune that refuses', ['image', 'prune'], EXIT.refused),
    on('image prune', ['image', 'prune', '--older', '--all-owners']),
  ]
}

async function within<T>(environment: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
  const names = () => Object.keys(process.env).filter((name) => name.startsWith('OS_'))
  const before = Object.fromEntries(names().map((name) => [name, process.env[name]]))
  for (const name of names()) delete process.env[name]
  Object.assign(process.env, environment)
  try {
    return await work()
  } finally {
    for (const name of names()) delete process.env[name]
    Object.assign(process.env, before)
  }
}
