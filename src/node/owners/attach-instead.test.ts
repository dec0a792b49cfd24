import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attachInstead } from './engine-calls.ts'

test('what would start and wait for a container waits for the one that runs, by the same program and flags', () => {
  for (const [line, instead] of [
    ['/usr/bin/podman start -a nova_libvirt', '/usr/bin/podman attach --no-stdin nova_libvirt'],
    [
      '/usr/bin/podman --log-level warn start -ai --sig-proxy=false c',
      '/usr/bin/podman --log-level warn attach --no-stdin --sig-proxy=false c',
    ],
    ['podman container start --attach=true c', 'podman container attach --no-stdin c'],
    ['podman start --attach --interactive c', 'podman attach --no-stdin c'],
  ] as const)
    assert.equal(attachInstead(line), instead)
})

test('a start that waits for nobody, one of Docker, and one that says more stay as they are', () => {
  for (const line of [
    '/usr/bin/podman start nova_libvirt',
    '/usr/bin/docker start -a nova_libvirt',
    'podman start -a one two',
    'podman start -a --filter name=x',
    'podman start -a --sig-proxy false c',
    'podman run -a stdout c',
    '/bin/sh -c podman start -a c; podman start -a d',
  ])
    assert.equal(attachInstead(line), undefined, line)
})
