/** The sheet's text, without what is for people. */
declare const style: string;
export default style;
