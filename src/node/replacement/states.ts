import type { StateTable } from '../../saga/index.ts'
import type { ReplacementEffect } from './effects.ts'

export type ReplacementState =
  | 'checking'
  | 'removing'
  | 'awaiting'
  | 'proving'
  | 'restoring'
  | 'removingNew'
  | 'awaitingEarlier'
  | 'provingEarlier'
  | 'replaced'
  | 'unchanged'
  | 'wentBack'
  | 'stuck'

/**
 * The replacement of one pod of a DaemonSet. The cluster does the work: Anneal deletes a pod and sets a template, and looks. So
 * every state is resumed after a crash by a look at the cluster, but for the first one, before which nothing was done.
 */
export const REPLACEMENT_STATES = {
  checking: {
    stable: false,
    meaning: 'once more, who would end with the pod',
    target: 'removing',
    onFailure: 'unchanged',
    onCancel: 'unchanged',
    afterCrash: { leaveFor: 'unchanged' },
    retries: 0,
    deadlineMs: 60_000,
  },
  removing: {
    stable: false,
    meaning: 'this very pod is deleted; the kubelet ends it, the DaemonSet’s controller makes another',
    target: 'awaiting',
    onFailure: 'stuck',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'removing' },
    retries: 5,
    patienceMs: 600_000,
    deadlineMs: 60_000,
  },
  awaiting: {
    stable: false,
    meaning: 'until a pod of the new template is ready',
    target: 'proving',
    onFailure: 'restoring',
    onCancel: 'restoring',
    afterCrash: { resumeIn: 'awaiting' },
    retries: 0,
    patienceMs: 600_000,
    // The plan says how long: a person chooses it.
    deadlineMs: 300_000,
  },
  proving: {
    stable: false,
    meaning: 'every guest is the same process as before, and libvirt sees it',
    target: 'replaced',
    onFailure: 'restoring',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'proving' },
    // A libvirt that has just started answers after some seconds.
    retries: 30,
    patienceMs: 600_000,
    deadlineMs: 60_000,
  },
  restoring: {
    stable: false,
    meaning: 'the DaemonSet gets the template of the earlier ControllerRevision',
    target: 'removingNew',
    onFailure: 'stuck',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'restoring' },
    retries: 5,
    patienceMs: 600_000,
    deadlineMs: 120_000,
  },
  removingNew: {
    stable: false,
    meaning: 'the pod of the new template is deleted, where nobody would end with it',
    target: 'awaitingEarlier',
    onFailure: 'stuck',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'removingNew' },
    retries: 5,
    patienceMs: 600_000,
    deadlineMs: 60_000,
  },
  awaitingEarlier: {
    stable: false,
    meaning: 'until a pod of the earlier template is ready',
    target: 'provingEarlier',
    onFailure: 'stuck',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'awaitingEarlier' },
    retries: 0,
    patienceMs: 600_000,
    // The plan says how long: a person chooses it.
    deadlineMs: 300_000,
  },
  provingEarlier: {
    stable: false,
    meaning: 'every guest is the same process as before, and libvirt sees it',
    target: 'wentBack',
    onFailure: 'stuck',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'provingEarlier' },
    // A libvirt that has just started answers after some seconds.
    retries: 30,
    patienceMs: 600_000,
    deadlineMs: 60_000,
  },
  replaced: { stable: true, meaning: 'a pod of the new template runs, proven' },
  unchanged: { stable: true, meaning: 'the pod was not touched' },
  wentBack: {
    stable: true,
    meaning: 'a pod of the earlier template runs, proven; the DaemonSet has that template',
  },
  stuck: { stable: true, meaning: 'a person has to look; the reasons say at what' },
} as const satisfies StateTable<ReplacementState, ReplacementEffect['kind']>
