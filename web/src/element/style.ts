// Style of the element's own shadow tree; a constructed sheet needs no leave from the page's policy.

export const STYLE = `
:host { display: block }
:host([hidden]), [hidden] { display: none }
iframe { display: block; width: calc(100% + 6px); height: 0; margin: -3px; border: 0; visibility: hidden }
.ready iframe { visibility: visible }
.bare iframe { position: absolute; width: 1px; visibility: hidden }
[role=status] { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
[role=alert]:not(:empty) {
  margin-block: .5em; padding: .75em; border: 1px solid; border-radius: var(--nightsafe-radius, 6px);
  color: #b3261e; color: var(--nightsafe-error, light-dark(#b3261e, #ffb0a8));
}
button { display: block; min-height: 2.75em; margin-top: .5em; padding-inline: 1em; font: inherit }
`;
