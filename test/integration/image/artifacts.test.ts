import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ROOT } from '../../../scripts/source/index.ts'
import type { ArtifactsDocument } from '../../../src/contract/index.ts'
import { unpackPackages } from '../../fixtures/debian-package.ts'
import { LOGIN, freePort } from '../engine/registry.ts'

const ANNEAL = join(ROOT, 'anneal')
const run = promisify(execFile)
const SYSTEM = join(ROOT, 'test/fixtures/images/small-system.img.zst')
const PROGRAMS = ['docker-registry', 'openssl', 'qemu-img', 'sfdisk', 'skopeo']
const missing = PROGRAMS.find(
  (name) => !['/usr/bin', '/usr/sbin', '/sbin'].some((at) => existsSync(join(at, name))),
)
/** bcrypt of LOGIN's password. */
const HTPASSWD = 'anneal:$2y$05$LRNKm17TK/s5rDrWbsqyeu0E0lAJJl1Kz63FhzBhCAkKZPG51Dl8.\n'

/** Debian's docker-registry with TLS, once open and once with a login; what was pushed is looked at by other clients. */
describe(
  'anneal image push to a registry',
  { skip: missing === undefined ? false : `needs ${missing}` },
  () => {
    let dir: string
    let disk: string
    const registries: ChildProcess[] = []
    let open: string
    let closed: string

    before(async () => {
      dir = mkdtempSync(join(tmpdir(), 'anneal-artifacts-'))
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
      const key = [
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-keyout',
        at('key.pem'),
      ]
      execFileSync('openssl', ['req', '-x509', ...key, '-out', at('ca.pem'), '-days', '2', ...subject], {
        stdio: 'ignore',
      })
      writeFileSync(at('htpasswd'), HTPASSWD)
      disk = at('disk.raw')
      execFileSync('truncate', ['-s', '96M', disk])
      execFileSync('sfdisk', ['-q', disk], { input: 'label: gpt\nsize=64M,type=L\n' })
      const noise = createHash('sha256')
      const some = Array.from({ length: 60_000 }, (_, index) => noise.update(String(index)).copy().digest())
      writeFileSync(disk, Buffer.concat(some), { flag: 'r+' })
      execFileSync('sfdisk', ['-q', disk], { input: 'label: gpt\nsize=64M,type=L\n' })
      ;[open, closed] = await Promise.all([registry('open'), registry('closed')])
      const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')
      writeFileSync(at('auth.json'), JSON.stringify({ auths: { [closed]: { auth } } }))
      writeFileSync(at('wrong.json'), JSON.stringify({ auths: { [closed]: { auth: btoa('anneal:wrong') } } }))
    })

    after(async () => {
      for (const child of registries) child.kill('SIGKILL')
      rmSync(dir, { recursive: true, force: true })
    })

    const at = (name: string): string => join(dir, name)

    /** `localhost:PORT` */
    async function registry(name: 'open' | 'closed'): Promise<string> {
      const port = await freePort()
      mkdirSync(at(name))
      const config = {
        version: 0.1,
        log: { level: 'error' },
        storage: { filesystem: { rootdirectory: at(`${name}/data`) } },
        http: { addr: `127.0.0.1:${port}`, tls: { certificate: at('ca.pem'), key: at('key.pem') } },
        ...(name === 'closed' && { auth: { htpasswd: { realm: 'forge', path: at('htpasswd') } } }),
      }
      writeFileSync(at(`${name}/config.yml`), JSON.stringify(config))
      const child = spawn('docker-registry', ['serve', at(`${name}/config.yml`)], { stdio: 'ignore' })
      registries.push(child)
      for (let attempt = 0; attempt < 100; attempt += 1) {
        const socket = connect(port, '127.0.0.1')
        const isUp = await new Promise<boolean>((resolve) => {
          socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
        })
        socket.destroy()
        if (isUp) return `localhost:${port}`
        await delay(50)
      }
      throw new Error('docker-registry does not listen')
    }

    const environment = (auth = 'none.json'): NodeJS.ProcessEnv => ({
      ...process.env,
      NODE_EXTRA_CA_CERTS: at('ca.pem'),
      SSL_CERT_FILE: at('ca.pem'),
      REGISTRY_AUTH_FILE: at(auth),
      HOME: dir,
    })

    async function push(image: string, to: string, ...flags: readonly string[]): Promise<ArtifactsDocument> {
      const words = ['image', 'push', image, to, '--json', ...flags]
      const { stdout } = await run(ANNEAL, words, { env: environment('auth.json'), maxBuffer: 1e8 })
      return JSON.parse(stdout) as ArtifactsDocument
    }

    const refused = async (image: string, to: string, auth: string): Promise<string> => {
      const words = ['image', 'push', image, to, '--json']
      const failed: unknown = await run(ANNEAL, words, { env: environment(auth) }).catch(
        (error: unknown) => error,
      )
      const said = (failed as { stderr: string }).stderr.trim().split('\n').at(-1) ?? ''
      return (JSON.parse(said) as { code: string }).code
    }

    test('a whole disk is there for skopeo, and for the second time nothing is sent', async () => {
      const image = `oci://${open}/metal/disk:one`
      const first = await push(disk, image, '--whole-disk', '--platform', 'linux/amd64')
      const [base] = first.artifacts
      assert.deepEqual(
        [base?.diskType, base?.outcome, base?.sizeBytes],
        ['qcow2', 'uploaded', 96 * 1024 ** 2],
      )
      assert.equal(first.sentBytes, base?.blobBytes)
      const skopeo = async (...words: readonly string[]): Promise<string> =>
        (await run('skopeo', words, { env: environment() })).stdout
      const raw = await skopeo('inspect', '--raw', image.replace('oci:', 'docker:'))
      assert.equal(`sha256:${createHash('sha256').update(raw).digest('hex')}`, first.digest)
      await skopeo('copy', '--all', image.replace('oci:', 'docker:'), `oci:${at('layout')}:one`)
      const blob = at(`layout/blobs/sha256/${base?.blob.replace('sha256:', '')}`)
      await run('qemu-img', ['check', '-f', 'qcow2', blob])
      await run('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', disk, blob])
      const second = await push(disk, image, '--whole-disk', '--platform', 'linux/amd64')
      assert.deepEqual([second.sentBytes, second.digest, second.tagWas], [0, first.digest, first.digest])
    })

    for (const suite of ['trixie', 'sid'] as const) {
      test(`the client of Ironic of ${suite} finds, fetches and verifies it`, async (t) => {
        const root = await unpackPackages(at(suite), suite, ['python3-ironic', 'python3-lark'])
        if (root === undefined) return t.skip(`needs a mirror of Debian with ${suite}`)
        const packages = join(root, 'usr/lib/python3/dist-packages')
        const { artifacts } = await push(
          disk,
          `oci://${closed}/metal/disk:two`,
          '--whole-disk',
          '--platform',
          'linux/amd64',
        )
        const [base] = artifacts
        const ask = async (image: string, arch: string, way: string): Promise<Record<string, unknown>> => {
          const script = join(ROOT, 'test/integration/image/support/ironic-oci.py')
          const words = [script, packages, at('ca.pem'), image, arch, way, at('fetched')]
          const env = { ...environment(), LOGIN: JSON.stringify(LOGIN) }
          return JSON.parse((await run('/usr/bin/python3', words, { env })).stdout) as Record<string, unknown>
        }
        for (const way of ['http', 'local']) {
          const found = await ask(`oci://${closed}/metal/disk:two`, 'x86_64', way)
          assert.equal(found['image_disk_format'], 'qcow2')
          assert.equal(found['oci_image_manifest_url'], base?.reference)
          assert.equal(found['verified'], base?.blob)
          await run('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', disk, at('fetched')])
        }
        assert.deepEqual(await ask(`oci://${closed}/metal/disk:two`, 'aarch64', 'http'), {})
        assert.equal((await ask(base?.reference ?? '', 'x86_64', 'http'))['verified'], base?.blob)
        // What is no disk is never taken for one.
        await push(SYSTEM, `oci://${closed}/metal/trio:one`)
        assert.deepEqual(await ask(`oci://${closed}/metal/trio:one`, 'x86_64', 'local'), {})
      })
    }

    test('a trio is three artifacts, and each holds what a conversion gives', async () => {
      const image = `oci://${open}/metal/trio:one`
      const { artifacts } = await push(SYSTEM, image, '--disk-format', 'raw')
      assert.deepEqual(
        artifacts.map(({ role, diskType }) => [role, diskType]),
        [
          ['kernel', 'kernel'],
          ['ramdisk', 'ramdisk'],
          ['base', 'base-raw'],
        ],
      )
      await run(ANNEAL, ['image', 'convert', SYSTEM, '-o', at('converted')])
      for (const [index, file] of ['kernel', 'ramdisk', 'base.raw'].entries()) {
        const digest = createHash('sha256')
          .update(readFileSync(at(`converted/${file}`)))
          .digest('hex')
        assert.equal(artifacts[index]?.blob, `sha256:${digest}`, file)
      }
    })

    test('a login is needed where the registry wants one, and is that of the usual files', async () => {
      const to = `oci://${closed}/metal/login:one`
      assert.equal(await refused(SYSTEM, to, 'none.json'), 'ARTIFACT_PUSH_DENIED')
      assert.equal(await refused(SYSTEM, to, 'wrong.json'), 'ARTIFACT_PUSH_DENIED')
      assert.equal((await push(SYSTEM, to)).artifacts.length, 3)
    })

    test('an upload whose connection breaks goes on where the registry has it', async () => {
      const large = at('large.raw')
      await run('sh', ['-c', `head -c 40M /dev/urandom > ${large}`])
      const line = await breakingLine(Number(open.split(':')[1]))
      try {
        const { artifacts } = await push(
          large,
          `oci://localhost:${line.port}/metal/broken:one`,
          '--whole-disk',
        )
        assert.equal(artifacts[0]?.outcome, 'uploaded')
        assert.ok(line.broken() > 0)
        assert.ok(line.sentBytes() < 2 * (artifacts[0]?.blobBytes ?? 0), `${line.sentBytes()} bytes`)
      } finally {
        line.close()
      }
    })

    test('what a registry has not is refused with its reason', async () => {
      const wrong = [
        ['https://localhost/x', 'USAGE'],
        ['oci://nginx', 'ARTIFACT_ADDRESS_INVALID'],
        [`oci://${open}/a@sha256:${'0'.repeat(64)}`, 'ARTIFACT_ADDRESS_INVALID'],
        [`oci://${open}/Upper:one`, 'IMAGE_REFERENCE_INVALID'],
      ] as const
      for (const [to, code] of wrong) assert.equal(await refused(SYSTEM, to, 'none.json'), code, to)
    })
  },
)

/** A line to a registry that breaks twice, after 12 and after 25 MiB. */
async function breakingLine(
  port: number,
): Promise<Readonly<{ port: number; broken: () => number; sentBytes: () => number; close: () => void }>> {
  const breaks = [12, 25].map((mib) => mib * 1024 ** 2)
  let sent = 0
  let broken = 0
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    far.pipe(near)
    near.on('data', (part: Buffer) => {
      sent += part.length
      const [next] = breaks
      if (next === undefined || sent < next) {
        far.write(part)
        return
      }
      breaks.shift()
      broken += 1
      near.destroy()
      far.destroy()
    })
    near.on('end', () => far.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    broken: () => broken,
    sentBytes: () => sent,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
