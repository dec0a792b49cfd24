import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { imageStoreOf, storageDirOf } from './storage-dir.ts'

const dir = mkdtempSync(join(tmpdir(), 'anneal-storage-'))
test.after(() => rmSync(dir, { recursive: true }))

function host(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(dir, 'root-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const CLASSIC = { DockerRootDir: '/srv/docker', DriverStatus: [['Backing Filesystem', 'extfs']] } as const
const CONTAINERD = {
  DockerRootDir: '/srv/docker',
  DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
} as const

test('the classic store is below the root of Docker', async () => {
  assert.equal(imageStoreOf(CLASSIC), 'classic')
  assert.equal(await storageDirOf(CLASSIC, '/run/docker', host({})), '/srv/docker')
})

test('with the image store of containerd, layers are in the root of the containerd that runs', async () => {
  const system = host({ 'run/containerd/containerd.sock': '' })
  assert.equal(imageStoreOf(CONTAINERD), 'containerd')
  assert.equal(await storageDirOf(CONTAINERD, '/run/docker', system), '/var/lib/containerd')
  const moved = host({
    'run/containerd/containerd.sock': '',
    'etc/containerd/config.toml':
      'version = 2\nroot = "/data/containerd"\n[plugins.x]\nroot = "/elsewhere"\n',
  })
  assert.equal(await storageDirOf(CONTAINERD, '/run/docker', moved), '/data/containerd')
})

test('a containerd that dockerd runs for itself says where its root is, whatever the exec root', async () => {
  const toml = 'version = 0\nroot = "/srv/docker/containerd/daemon"\nstate = "/x"\n'
  const managed = host({
    'var/run/own/containerd/containerd.toml': toml,
    'run/containerd/containerd.sock': '',
  })
  const told = { ...CONTAINERD, Containerd: { Address: '/var/run/own/containerd/containerd.sock' } }
  assert.equal(await storageDirOf(told, '/run/docker', managed), '/srv/docker/containerd/daemon')
  // Before Docker 27 the address is not told.
  const old = host({ 'run/docker/containerd/containerd.toml': toml.replace('/srv/docker', '/other') })
  assert.equal(await storageDirOf(CONTAINERD, '/run/docker', old), '/other/containerd/daemon')
  assert.equal(await storageDirOf(CONTAINERD, '/run/docker', host({})), '/srv/docker/containerd/daemon')
})
