/**
 * Member of properties that says where a machine stands: `r1/07`. Machines that wait for their turn go in the order of their places,
 * numbers by their value; machines without one go last.
 */
export const PLACE = 'anneal_place'
