/**
 * What real services refuse, and what cannot work on them: told with a code and a remedy, in the service's own words, and
 * with nothing left behind. Where it can be known beforehand, before anything has changed.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeAtomicImage, missingImagePrograms } from '../../fixtures/atomic-image.ts'
import type { MadeImage } from '../../fixtures/atomic-image.ts'
import { suiteOfTests } from '../support/suite.ts'
import { MetalBed, errorOf } from './support/metal-bed.ts'

let bed: MetalBed

before(async () => {
  bed = await MetalBed.up({ nodes: 1, ironicAuth: ['keystone', 'none', 'basic'] })
  await bed.enroll()
})

after(async () => {
  await bed?.down()
})

async function refusal(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const result = await bed.anneal([...argv, '--json'], env)
  assert.notEqual(result.exitCode, 0, result.stdout)
  const error = errorOf(result)
  assert.notEqual(error.remedy, '')
  return { ...error, exitCode: result.exitCode, told: result.stderr + result.stdout }
}

/** The cloud as openrc files say it, so that each part can be wrong. */
function openrc(wrong: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return {
    OS_CLOUD: '',
    OS_CLIENT_CONFIG_FILE: '/dev/null',
    OS_AUTH_URL: bed.lab.endpoints.identity,
    OS_USERNAME: 'admin',
    OS_PASSWORD: readFileSync(bed.lab.secureFile, 'utf8').match(/password: (\S+)/)?.[1] ?? '',
    OS_PROJECT_NAME: 'admin',
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    ...wrong,
  }
}

describe('a login that Keystone or Ironic does not take', () => {
  const cases: readonly Readonly<[string, Readonly<Record<string, string>>, string]>[] = [
    ['a wrong password', { OS_PASSWORD: 'wrong-secret-1' }, 'OPENSTACK_LOGIN_REFUSED'],
    ['a user who is not there', { OS_USERNAME: 'nobody' }, 'OPENSTACK_LOGIN_REFUSED'],
    ['a project that is not there', { OS_PROJECT_NAME: 'nothing' }, 'OPENSTACK_LOGIN_REFUSED'],
    [
      'a token that is none',
      { OS_AUTH_TYPE: 'token', OS_TOKEN: 'wrong-secret-2' },
      'OPENSTACK_LOGIN_REFUSED',
    ],
    [
      'an application credential that is none',
      {
        OS_AUTH_TYPE: 'v3applicationcredential',
        OS_APPLICATION_CREDENTIAL_ID: '0'.repeat(32),
        OS_APPLICATION_CREDENTIAL_SECRET: 'wrong-secret-3',
      },
      'OPENSTACK_LOGIN_REFUSED',
    ],
    [
      'a wrong password by HTTP basic',
      {
        OS_AUTH_TYPE: 'http_basic',
        OS_USERNAME: 'lab',
        OS_PASSWORD: 'wrong-secret-4',
        OS_ENDPOINT: 'basic',
      },
      'OPENSTACK_FORBIDDEN',
    ],
  ]
  for (const [what, wrong, code] of cases) {
    test(`with ${what} is refused with its words and request id, and the secret is not told`, async () => {
      const env = openrc(wrong)
      const endpoint = bed.lab.endpoints.bareMetalBasic ?? ''
      const found = await refusal(
        ['metal', 'status'],
        env['OS_ENDPOINT'] === 'basic' ? { ...env, OS_ENDPOINT: endpoint } : env,
      )
      assert.equal(found.code, code)
      assert.match(found.message, code === 'OPENSTACK_FORBIDDEN' ? /\[request / : /\[request req-/)
      assert.doesNotMatch(found.told, /wrong-secret/)
    })
  }
})

describe('a service that the catalogue does not have', () => {
  test('in the region that is asked for is named with the regions that there are', async () => {
    const found = await refusal(['metal', 'status'], openrc({ OS_REGION_NAME: 'Nowhere' }))
    assert.deepEqual([found.code, found.exitCode], ['OPENSTACK_SERVICE_MISSING', 4])
    assert.match(found.message, /region Nowhere.*RegionOne/)
    assert.match(found.remedy, /baremetal_endpoint_override/)
  })

  test('at a place where nobody listens is unreachable, and says where', async () => {
    const found = await refusal(['metal', 'status'], openrc({ OS_AUTH_URL: 'http://127.0.0.1:9' }))
    assert.deepEqual([found.code, found.exitCode], ['OPENSTACK_UNREACHABLE', 8])
  })
})

describe('an image that cannot get onto the machine', () => {
  test('is refused by its form, by its state and by its size, with the node as it was', async () => {
    const file = join(bed.directory, 'bytes')
    writeFileSync(file, Buffer.alloc(4096, 1))
    await bed.image('queued', { disk: 'raw', container: 'bare' })
    const kernel = await bed.image('only-kernel', { disk: 'aki', container: 'aki', file })
    await bed.image('cd', { disk: 'iso', container: 'bare', file })
    await bed.image('strange', { disk: 'vhd', container: 'bare', file })
    await bed.image('half', { disk: 'ami', container: 'ami', file }, { kernel_id: kernel })
    await bed.image('disk', { disk: 'raw', container: 'bare', file })
    const deploy = (image: string, ...more: readonly string[]) =>
      refusal(['metal', 'deploy', bed.machine.name, '--image', image, ...more])
    for (const [image, more, code, words] of [
      ['queued', [], 'METAL_IMAGE_NOT_READY', /status "queued"/],
      ['only-kernel', [], 'METAL_NO_ROUTE', /itself a kernel/],
      ['cd', [], 'METAL_NO_ROUTE', /is an ISO/],
      ['strange', [], 'METAL_NO_ROUTE', /vhd/],
      ['half', [], 'METAL_NO_ROUTE', /kernel_id and ramdisk_id/],
      ['disk', ['--route', 'ramdisk'], 'METAL_NO_ROUTE', /no kernel and ramdisk beside it/],
      ['nothing', [], 'OPENSTACK_NAME_UNKNOWN', /none with this name/],
      [
        'disk',
        ['--via', 'nova', '--flavor', 'f'],
        'OPENSTACK_SERVICE_MISSING',
        /no Nova \(compute\) endpoint/,
      ],
    ] as const) {
      const found = await deploy(image, ...more)
      assert.equal(found.code, code, image)
      assert.match(found.message, words)
    }
    await bed.image('cd', { disk: 'raw', container: 'bare', file })
    assert.equal((await deploy('cd')).code, 'OPENSTACK_AMBIGUOUS')
    const unknown = await refusal(['metal', 'deploy', 'no-node', '--image', 'disk'])
    assert.equal(unknown.code, 'METAL_NODE_UNKNOWN')
    const { provision_state: state, instance_info: info } = await bed.node()
    assert.deepEqual([state, info], ['available', {}])
  })

  test('because Ironic says that the node is not ready is refused, and changes are undone', async () => {
    const set = ['baremetal', 'node', 'set', bed.machine.name, '--driver-info', 'ipmi_port=no-port']
    const changed = await bed.lab.openstack(set)
    assert.equal(changed.exitCode, 0, changed.stderr)
    const deploy = ['metal', 'deploy', bed.machine.name, '--image', 'disk', '--json']
    const { stdout, exitCode } = await bed.anneal(deploy)
    const report = JSON.parse(stdout) as { outcome: string; reason: { code: string; message: string } }
    assert.deepEqual([report.outcome, report.reason.code, exitCode], ['refused', 'METAL_NODE_INVALID', 4])
    assert.match(report.reason.message, /ipmi_port|port/)
    const { provision_state: state, instance_info: info } = await bed.node()
    assert.deepEqual([state, info], ['available', {}])
  })
})

const missing = missingImagePrograms()

describe('a push', { skip: missing === undefined ? false : `needs ${missing}` }, () => {
  let image: MadeImage
  let proxy: Server
  let configuration: string

  before(async () => {
    image = await makeAtomicImage({ layout: 'debian', dir: bed.directory })
    proxy = flippingProxy(bed.lab.endpoints.image)
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    configuration = readFileSync(glanceFile(), 'utf8')
  })

  after(() => {
    proxy?.closeAllConnections()
    proxy?.close()
  })

  const glanceFile = (): string => join(bed.lab.directory, 'glance', 'glance-api.conf')
  const push = (name: string): readonly string[] => ['image', 'push', image.path, '--name', name]
  const named = async (name: string): Promise<readonly string[]> =>
    (await bed.images()).filter((one) => one.startsWith(name)).map((one) => one.replace(/ \S+$/, ''))

  async function limitGlance(setting: string, section = 'DEFAULT'): Promise<void> {
    await bed.lab.stopService('glance')
    const limited = section === 'DEFAULT' ? configuration : `${configuration}\n[${section}]\n`
    writeFileSync(glanceFile(), limited.replace(`[${section}]\n`, `[${section}]\n${setting}\n`))
    await bed.lab.startService('glance')
  }

  for (const [what, setting, words] of [
    ['image is larger than Glance takes', 'image_size_cap = 20000000', /too large/],
    ['project has used up its quota', 'user_storage_quota = 20000000', /quota|exceed/i],
  ] as const) {
    test(`whose ${what} is refused in Glance’s words and leaves no half image; raised, the next push finishes it`, async () => {
      const name = setting.split(' ')[0] ?? ''
      await limitGlance(setting)
      try {
        const found = await refusal(push(name))
        assert.deepEqual([found.code, found.exitCode], ['OPENSTACK_QUOTA', 4], found.told)
        assert.match(found.message, words)
        assert.match(found.message, /\[request req-/)
        assert.ok(!(await named(name)).some((one) => one.startsWith(`${name} `)), String(await named(name)))
      } finally {
        await limitGlance('')
      }
      await bed.json(push(name))
      assert.deepEqual(await named(`${name} `), [`${name} active`])
    })
  }

  test('of a format that the operator does not list is refused before anything is sent', async () => {
    await limitGlance('container_formats = bare', 'image_format')
    try {
      const found = await refusal(push('unlisted'))
      assert.deepEqual([found.code, found.exitCode], ['OPENSTACK_FORMAT_REFUSED', 4], found.told)
      assert.match(found.message, /container_format 'a[kmr]i' is not one of \[None, 'bare'\] \[request req-/)
      assert.deepEqual(await named('unlisted'), [])
    } finally {
      await limitGlance('')
    }
  })

  test('of a disk whose protective MBR is hybrid is refused by Glance 33, and nothing of it stays', async (t) => {
    if (suiteOfTests().suite !== 'sid') return t.skip('needs Glance 33: ANNEAL_TEST_SUITE=sid')
    const disk = join(bed.directory, 'hybrid.raw')
    execFileSync('truncate', ['-s', '64M', disk])
    execFileSync('sfdisk', ['-q', disk], { input: 'label: gpt\nsize=20M,type=L\n' })
    // The second entry of the MBR: type 0x83 from sector 2048 on.
    const entry = Buffer.from('00000200830000000008000000a00000', 'hex')
    const file = openSync(disk, 'r+')
    writeSync(file, entry, 0, entry.length, 462)
    closeSync(file)
    const found = await refusal([
      'image',
      'push',
      disk,
      '--whole-disk',
      '--disk-format',
      'raw',
      '--name',
      'hybrid',
    ])
    assert.deepEqual([found.code, found.exitCode], ['OPENSTACK_IMAGE_REFUSED', 4], found.told)
    assert.match(found.message, /failed safety checks/)
    assert.deepEqual(await named('hybrid'), [])
  })

  test('whose bytes arrive changed is found out by the digest of the store, and nothing of it stays', async () => {
    const { port } = proxy.address() as AddressInfo
    const found = await refusal(
      push('flipped'),
      openrc({ OS_IMAGE_ENDPOINT_OVERRIDE: `http://127.0.0.1:${port}` }),
    )
    assert.deepEqual([found.code, found.exitCode], ['PUSH_HASH_MISMATCH', 1], found.told)
    assert.match(found.message, /sha512/)
    assert.deepEqual(await named('flipped'), [])
  })
})

/** Hands everything on to a Glance, and changes one byte of the data of each image. */
function flippingProxy(target: string): Server {
  return createServer((incoming, outgoing) => {
    const isData = incoming.method === 'PUT' && incoming.url?.endsWith('/file') === true
    const { host: _, ...headers } = incoming.headers
    const forwarded = request(
      `${target}${incoming.url}`,
      { method: incoming.method ?? 'GET', headers },
      (reply) => {
        outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
        reply.pipe(outgoing)
      },
    )
    forwarded.on('error', () => outgoing.destroy())
    let flipped = !isData
    incoming.on('data', (chunk: Buffer) => {
      if (!flipped) {
        chunk[0] = (chunk[0] ?? 0) ^ 1
        flipped = true
      }
      forwarded.write(chunk)
    })
    incoming.on('end', () => forwarded.end())
  })
}
