/** How often Ironic is asked for the state of a machine. */
export const POLL_MS = 500
