import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIBVIRT } from '../doctor/fixtures/healthy-node.ts'
import type { Container } from '../container.ts'
import { startOf } from './start-of.ts'

const NOVA: Container = { ...LIBVIRT, name: 'nova_libvirt', id: 'ab'.repeat(32), labels: { tier: 'compute' } }

const line = (text: string): string => startOf({ starts: [text], scripts: [] }, NOVA) ?? 'no'
const script = (text: string): string => startOf({ starts: ['/opt/up'], scripts: [text] }, NOVA) ?? 'no'

test('a command that names the container starts it', () => {
  assert.equal(line('sleep 30 && docker start nova_libvirt'), 'named')
  assert.equal(line('docker inspect nova_libvirt >/dev/null || docker restart nova_libvirt'), 'named')
  assert.equal(line('docker stop nova_libvirt'), 'no')
  assert.equal(line('docker start other'), 'no')
  assert.equal(script('#!/bin/sh\nfor c in nova_libvirt nova_compute; do docker start $c; done'), 'scripted')
})

test('a variable, a list, Python and the engine’s own interface name the container as well', () => {
  assert.equal(line('for c in web nova_libvirt; do docker start $c; done'), 'scripted')
  assert.equal(line('for c in web db; do docker start $c; done'), 'no')
  assert.equal(line('C=nova_libvirt; docker start $C'), 'scripted')
  assert.equal(script('#!/usr/bin/python3\nsubprocess.run(["docker", "start", "nova_libvirt"])'), 'scripted')
  assert.equal(
    script('#!/usr/bin/python3\ndocker.from_env().containers.get("nova_libvirt").start()'),
    'scripted',
  )
  assert.equal(line(`python3 -c 'subprocess.run(["/usr/bin/docker", "start", "nova_libvirt"])'`), 'scripted')
  assert.equal(line(`perl -e "system('docker', 'start', 'nova_libvirt')"`), 'scripted')
  assert.equal(line(`python3 -c 'docker.from_env().containers.get("nova_libvirt").start()'`), 'scripted')
  assert.equal(
    line(
      `node -e "require('http').request({socketPath: '/run/docker.sock', method: 'POST', path: '/containers/nova_libvirt/start'}).end()"`,
    ),
    'scripted',
  )
  assert.equal(line(`python3 -c 'subprocess.run(["docker", "start", "web"])'`), 'no')
  assert.equal(line(`python3 -c 'subprocess.run(["docker", "stop", "nova_libvirt"])'`), 'no')
  const post = 'curl --unix-socket /run/docker.sock -X POST http://d/v1.41/containers/'
  assert.equal(line(`${post}nova_libvirt/start`), 'scripted')
  assert.equal(line(`${post}nova_libvirt/stop`), 'no')
  assert.equal(line(`${post}web/restart`), 'no')
  assert.equal(script(`#!/bin/sh\nname=nova_libvirt\n${post}$name/restart`), 'scripted')
})

test('a command that reads the names of what it starts from elsewhere may start this one', () => {
  assert.equal(line('xargs docker start </etc/guests.list'), 'listed')
  assert.equal(line('docker start $(cat /etc/guests.list)'), 'listed')
  assert.equal(line('docker start `grep -v web /etc/guests.list`'), 'listed')
  assert.equal(script('#!/bin/sh\nwhile read -r name; do\n  docker start "$name"\ndone </etc/list'), 'listed')
  assert.equal(line('docker start web'), 'no')
  assert.equal(line('docker start web && grep -q x /etc/y'), 'no')
})

test('a command that starts every stopped container also starts this one', () => {
  assert.equal(line('docker start $(docker ps -aq)'), 'all')
  assert.equal(line('docker start `docker ps -a -q -f status=exited`'), 'all')
  assert.equal(line('docker ps -q --filter status=exited | xargs -r docker start'), 'all')
  assert.equal(line('podman start --all'), 'all')
  assert.equal(script('#!/bin/sh\ndocker restart $(docker ps --all --quiet)'), 'all')
})

test('a command that starts only what runs, or what filters select, leaves the others alone', () => {
  assert.equal(line('docker restart $(docker ps -q)'), 'no')
  assert.equal(line('docker start $(docker ps -aq --filter name=mysql)'), 'no')
  assert.equal(line('docker start $(docker ps -aq --filter name=^nova)'), 'all')
  assert.equal(line('docker start $(docker ps -aq -f label=tier=web)'), 'no')
  assert.equal(line('docker start $(docker ps -aq -f label=tier)'), 'all')
  assert.equal(line('docker rm $(docker ps -aq)'), 'no')
})
