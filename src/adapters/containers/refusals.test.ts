import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isAnnealError } from '../../core/index.ts'
import { EngineRefusal } from './engine-api.ts'
import { attempted, explain, unlessAbsent } from './refusals.ts'

const digest = `sha256:${'1'.repeat(64)}`

/** What the engines said, word for word. */
const SAID: readonly (readonly [action: string, text: string, code: string])[] = [
  [
    'create container',
    'Conflict. The container name "/aa" is already in use by container "5f0af1ce". You have to remove (or rename) that container to be able to reuse that name.',
    'CONTAINER_NAME_TAKEN',
  ],
  [
    'create container',
    'creating container storage: the container name "b" is already in use by ae43ca50. You have to remove that container to be able to reuse that name: that name is already in use',
    'CONTAINER_NAME_TAKEN',
  ],
  ['create container', 'No such image: nosuch:1', 'IMAGE_NOT_FOUND'],
  ['create container', 'localhost/nosuch:1: image not known', 'IMAGE_NOT_FOUND'],
  ['create container', 'Unknown runtime specified nosuchrt', 'FALLBACK'],
  ['start container', 'No such container: zz', 'CONTAINER_NOT_FOUND'],
  ['start container', 'transport is closing: unavailable', 'CONTAINERD_UNREACHABLE'],
  [
    'arm container',
    'Cannot update container 19c539: connection error: desc = "transport: Error while dialing dial unix:///run/containerd/containerd.sock: timeout": unavailable',
    'CONTAINERD_UNREACHABLE',
  ],
  ['start container', 'no container with name or ID "zz" found: no such container', 'CONTAINER_NOT_FOUND'],
  [
    'start container',
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/nonexist": stat /nonexist: no such file or directory: unknown',
    'FALLBACK',
  ],
  [
    'start container',
    'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH: unknown',
    'FALLBACK',
  ],
  ['start container', 'mkdir /var/lib/docker/overlay2/x: no space left on device', 'DISK_FULL'],
  ['pull image', 'write /var/lib/docker/tmp/GetImageBlob1: no space left on device', 'DISK_FULL'],
  ['pull image', 'manifest unknown: manifest unknown', 'IMAGE_NOT_FOUND'],
  [
    'pull image',
    `manifest for 127.0.0.1:1/x@${digest} not found: manifest unknown: manifest unknown`,
    'IMAGE_NOT_FOUND',
  ],
  ['pull image', 'name unknown: repository name not known to registry', 'IMAGE_NOT_FOUND'],
  ['pull image', `manifest verification failed for digest ${digest}`, 'IMAGE_DIGEST_MISMATCH'],
  [
    'pull image',
    `parsing image configuration: Manifest does not match provided manifest digest ${digest}`,
    'IMAGE_DIGEST_MISMATCH',
  ],
  [
    'pull image',
    'Get "http://127.0.0.1:1/v2/x/manifests/one": no basic auth credentials',
    'REGISTRY_AUTH_REQUIRED',
  ],
  [
    'pull image',
    'Head "http://127.0.0.1:1/v2/x/manifests/one": unauthorized: authentication required',
    'REGISTRY_AUTH_REQUIRED',
  ],
  [
    'pull image',
    "pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    'REGISTRY_AUTH_REQUIRED',
  ],
  [
    'pull image',
    'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    'REGISTRY_UNREACHABLE',
  ],
  [
    'pull image',
    'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.0.1:53: no such host',
    'REGISTRY_UNREACHABLE',
  ],
  [
    'pull image',
    'pinging container registry 127.0.0.1:1: Get "https://127.0.0.1:1/v2/": http: server gave HTTP response to HTTPS client',
    'REGISTRY_UNREACHABLE',
  ],
  ['pull image', 'received unexpected HTTP status: 503 Service Unavailable', 'REGISTRY_UNREACHABLE'],
  // What only a registry can mean is not read into other refusals.
  ['start container', 'something: unauthorized', 'FALLBACK'],
]

for (const [action, text, wanted] of SAID) {
  test(`"${text.slice(0, 60)}…" in ${action} is ${wanted}`, async () => {
    const data = { registry: '127.0.0.1:1', login: 'a pull without login' }
    const attempt = {
      engine: 'Docker',
      action,
      subject: 'subject',
      code: 'CONTAINER_START_FAILED',
      data,
    } as const
    const error = await explain(new EngineRefusal(500, text), attempt)
    assert.ok(isAnnealError(error))
    assert.equal(error.code, wanted === 'FALLBACK' ? 'CONTAINER_START_FAILED' : wanted)
    assert.ok(!`${error.message}${error.remedy}`.includes('?'), `${error.message}\n${error.remedy}`)
  })
}

test('an error that is no refusal passes unchanged', async () => {
  const broken = new Error('broken')
  const attempt = { engine: 'Podman', action: 'pull image', subject: 'x', code: 'ENGINE_REFUSED' } as const
  await assert.rejects(
    attempted(attempt, () => Promise.reject(broken)),
    broken,
  )
})

test('an absent container is undefined, every other refusal stays one', async () => {
  assert.equal(await unlessAbsent(() => Promise.reject(new EngineRefusal(404, 'no'))), undefined)
  await assert.rejects(unlessAbsent(() => Promise.reject(new EngineRefusal(500, 'no'))))
})
