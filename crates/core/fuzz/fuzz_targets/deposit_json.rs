//! The JSON of `POST /v1/deposits`: what is taken is written back, and read again, as the same deposit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nightsafe_proto::deposit::DepositRequest;

fuzz_target!(|data: &[u8]| {
    let Ok(request) = DepositRequest::parse(data) else { return };
    let Ok(deposit) = request.into_deposit() else { return };
    let json = deposit.to_json();
    let again = DepositRequest::parse(json.as_bytes()).map(DepositRequest::into_deposit);
    assert!(matches!(again, Ok(Ok(again)) if again == deposit));
});
