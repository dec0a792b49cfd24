import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bringHooks, hookFindings, hookMounts } from './guest-hook.ts'

const bind = (target: string) => ({ type: 'bind', source: '/srv', target, readOnly: false }) as const

test('the folder of hooks comes with a mount of it, of what it lies in, or of one hook', () => {
  for (const target of ['/etc/libvirt/hooks', '/etc/libvirt/', '/etc', '/etc/libvirt/hooks/qemu.d/10-net'])
    assert.ok(bringHooks([bind('/run/libvirt'), bind(target)]), target)
  for (const target of ['/etc/libvirt/qemu', '/etc/libvirt/hooks2', '/var/lib/libvirt'])
    assert.ok(!bringHooks([bind(target)]), target)
})

test('a hook that is tried sees programs and settings of its container alone, and may not write to them', () => {
  const tmpfs = { ...bind('/etc/libvirt/hooks'), type: 'tmpfs' } as const
  const mounts = [bind('/run/libvirt'), bind('/dev'), bind('/opt/tools'), bind('/etc/libvirt'), tmpfs]
  assert.deepEqual(
    hookMounts(mounts).map(({ target, readOnly }) => [target, readOnly]),
    [
      ['/opt/tools', true],
      ['/etc/libvirt', true],
    ],
  )
})

test('a hook that fails for a guest refuses, once for all its guests', () => {
  const tried = (guest: string, exitCode: number) => ({
    hook: '/etc/libvirt/hooks/qemu',
    guest,
    exitCode,
    said: 'env: python3: No such file or directory',
  })
  const found = (...all: readonly ReturnType<typeof tried>[]) => hookFindings('libvirt', all, 'rollBack')
  assert.deepEqual(found(tried('a', 0)), [])
  const [finding, ...others] = found(tried('a', 0), tried('b', 127), tried('c', 127))
  assert.deepEqual(others, [])
  assert.equal(finding?.severity, 'refuse')
  assert.match(finding?.evidence ?? '', /guest "b" and 1 more .*exits with 127 \("env: python3/)
})

test('hooks that could not be tried refuse, and warn the person who chose to go forward only', () => {
  const severities = (['rollBack', 'rollForward'] as const).map((onFailure) =>
    hookFindings('libvirt', undefined, onFailure).map(({ code, severity }) => `${severity} ${code}`),
  )
  assert.deepEqual(severities, [['refuse GUEST_HOOKS_UNTRIED'], ['warn GUEST_HOOKS_UNTRIED']])
})
